import { STATUS_CODES } from 'node:http';
import * as z from 'zod';
import type { ErrorForm, FieldFault, Problem } from './errorForm';

/** JSON:API's own. */
export const JSON_API = 'application/vnd.api+json';

const source = z
  .object({
    pointer: z.string().meta({ description: 'A place in the body (RFC 6901).', example: '/data/attributes/action' }),
    parameter: z.string().meta({ description: 'A parameter of the query.', example: 'page' }),
  })
  .partial()
  .meta({ id: 'PortalErrorSource', description: 'What is at fault.' });

const error = z
  .object({
    status: z.string().meta({ description: 'The HTTP status, as text.', example: '400' }),
    title: z.string().meta({ description: "The HTTP status' own phrase.", example: 'Bad Request' }),
    detail: z.string().meta({ description: 'What is wrong, in words.', example: 'must be 0 or 1' }),
    source: source.optional(),
  })
  .meta({ id: 'PortalError' });

/** portal.md: one error for each fault, or one for the call. */
export const portalForm: ErrorForm = {
  mediaType: JSON_API,
  schema: z
    .object({
      errors: z.array(error).meta({ description: 'One for each fault, or one for the call.' }),
    })
    .meta({ id: 'PortalErrors' }),
  render({ status, detail, errors = [] }: Problem) {
    const common = { status: String(status), title: STATUS_CODES[status] ?? 'Error' };
    const faults = errors.map((fault) => ({ ...common, detail: fault.message, source: sourceOf(fault) }));
    return { status, body: { errors: faults.length > 0 ? faults : [{ ...common, detail }] } };
  },
};

/** Everything in a document is in its member `data`; `body` is the whole of it. */
function sourceOf({ field }: FieldFault): { pointer: string } | { parameter: string } {
  if (field === 'body') return { pointer: '' };
  return /^data(\.|$)/.test(field) ? { pointer: `/${field.replaceAll('.', '/')}` } : { parameter: field };
}
