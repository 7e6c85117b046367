import { STATUS_CODES } from 'node:http';
import * as z from 'zod';
import type { ErrorForm, FieldFault, Problem } from './errorForm';
import { JSON_API } from './jsonApiMediaType';
import { codeOf, problemCode } from './problemCodes';

export { JSON_API };

const source = z
  .object({
    pointer: z.string().meta({ description: 'A place in the body (RFC 6901).', example: '/data/attributes/action' }),
    parameter: z.string().meta({ description: 'A parameter of the query.', example: 'page' }),
    header: z.string().meta({ description: 'A header.', example: 'Idempotency-Key' }),
  })
  .partial()
  .meta({ id: 'PortalErrorSource', description: 'What is at fault.' });

const error = z
  .object({
    status: z.string().meta({ description: 'The HTTP status, as text.', example: '400' }),
    code: problemCode,
    title: z.string().meta({ description: "The HTTP status' own phrase.", example: 'Bad Request' }),
    detail: z.string().meta({ description: 'What is wrong, in words.', example: 'must be 0 or 1' }),
    source: source.optional(),
  })
  .meta({ id: 'PortalError' });

const meta = z
  .object({
    requestId: z.string().meta({
      description: 'The same as the header X-Request-Id: the log has it beside the cause.',
      example: 'b372be68-6fa6-4590-b927-a4096e6a05e6',
    }),
  })
  .meta({ id: 'PortalErrorMeta', description: 'About the answer.' });

/** portal.md: one error for each fault, or one for the call. */
export const portalForm: ErrorForm = {
  mediaType: JSON_API,
  schema: z
    .object({
      errors: z.array(error).meta({ description: 'One for each fault, or one for the call.' }),
      meta,
    })
    .meta({ id: 'PortalErrors' }),
  render(problem: Problem, requestId: string) {
    const { status, detail, errors = [] } = problem;
    const common = { status: String(status), code: codeOf(problem), title: STATUS_CODES[status] ?? 'Error' };
    const faults = errors.map((fault) => ({ ...common, detail: fault.message, source: sourceOf(fault) }));
    return { status, body: { errors: faults.length > 0 ? faults : [{ ...common, detail }], meta: { requestId } } };
  },
};

/** Everything in a document is in its member `data`; `body` is the whole of it. */
function sourceOf({ field }: FieldFault): { pointer: string } | { parameter: string } | { header: string } {
  if (field === 'body') return { pointer: '' };
  // Parameters are lower-case here.
  if (/^[A-Z]/.test(field)) return { header: field };
  return /^data(\.|$)/.test(field) ? { pointer: `/${field.replaceAll('.', '/')}` } : { parameter: field };
}
