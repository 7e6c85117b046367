import { isGrpcServiceError } from '@temporalio/client';

/** Of `google.rpc.Code`. */
const CODES = { invalidArgument: 3, notFound: 5, permissionDenied: 7, unimplemented: 12, unauthenticated: 16 } as const;

/** The calls of workflow clients wrap what the server said; those of the services do not. */
function hasCode(error: unknown, ...codes: number[]): boolean {
  const said = error instanceof Error && !isGrpcServiceError(error) ? error.cause : error;
  return isGrpcServiceError(said) && codes.includes(said.code);
}

export const isInvalidArgument = (error: unknown) => hasCode(error, CODES.invalidArgument);
export const isNotFound = (error: unknown) => hasCode(error, CODES.notFound);
/** This key may not, or this server has no such call. */
export const isDenied = (error: unknown) =>
  hasCode(error, CODES.permissionDenied, CODES.unauthenticated, CODES.unimplemented);
