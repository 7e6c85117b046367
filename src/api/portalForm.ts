import { STATUS_CODES } from 'node:http';
import * as z from 'zod';
import type { ErrorForm, FieldFault, Problem } from './errorForm';
import { JSON_API } from './jsonApiMediaType';
import { codeOf, PROBLEM_CODES } from './problemCodes';

export { JSON_API };

/** portal.md: one error for each fault, or one for the call. */
export const portalForm: ErrorForm = {
  mediaType: JSON_API,
  schema: z
    .object({
      errors: z.array(
        z.object({
          status: z.string().meta({ description: 'HTTP.', example: '400' }),
          code: z.enum(PROBLEM_CODES).meta({ description: 'For programs: a name that stays.' }),
          title: z.string().meta({ example: 'Bad Request' }),
          detail: z.string(),
          source: z
            .object({
              pointer: z.string().meta({ example: '/data/attributes/action' }),
              parameter: z.string().meta({ example: 'page' }),
              header: z.string().meta({ example: 'Idempotency-Key' }),
            })
            .partial()
            .optional()
            .meta({
              description: 'What is at fault: a place in the body (RFC 6901), a parameter of the query, or a header.',
            }),
        }),
      ),
      meta: z.object({
        requestId: z.string().meta({ description: 'The same as the header X-Request-Id; stands in the log.' }),
      }),
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
