import * as z from 'zod';
import { type ErrorForm, inWords } from './errorForm';

/** gateway.md: an errcode other than 0 is the HTTP status, as a string. */
export const gatewayForm: ErrorForm = {
  mediaType: 'application/json',
  schema: z
    .object({
      errcode: z.string().meta({ description: 'The HTTP status, as text.', example: '400' }),
      errmsg: z.string().meta({
        description: 'Names each field or parameter at fault.',
        example: 'eventTag: must be a tag of the catalogue (GET /gateway/eventTags)',
      }),
    })
    .meta({ id: 'GatewayError' }),
  render(problem) {
    return { status: problem.status, body: { errcode: String(problem.status), errmsg: inWords(problem) } };
  },
};
