import * as z from 'zod';
import { type ErrorForm, inWords } from './errorForm';

/** data-push.md: the code is the HTTP status, as a string. */
export const dataPushForm: ErrorForm = {
  mediaType: 'application/json',
  schema: z
    .object({
      code: z.string().meta({ description: 'The HTTP status, as text.', example: '400' }),
      message: z.string().meta({
        description: 'Names each field or parameter at fault.',
        example: 'topicList.0: is not in the catalogue',
      }),
    })
    .meta({ id: 'DataPushError' }),
  render(problem) {
    return { status: problem.status, body: { code: String(problem.status), message: inWords(problem) } };
  },
};
