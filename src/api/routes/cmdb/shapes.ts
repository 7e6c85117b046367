import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';
import { Refusal } from '../../../services/errors';
import { cmdbError, NO_VERSION, NOT_AN_OBJECT, NOT_SET } from '../../cmdbForm';
import { text } from '../v1/shapes';

export const TAG = 'CMDB';
export const ACCESS = ['operator', 'subscriber'] as const;

const NUMBER = /^\d+$/;
const version = z
  .string()
  .regex(/^v\d+$/, { error: NO_VERSION })
  .meta({ description: 'Version of the interface: `v` and a number.', example: 'v3' });

export const versionPath = z.object({ version });

export const placePath = z.object({
  version,
  bk_supplier_account: z.string().meta({ description: 'Supplier account: the id of the tenant.', example: 'acme' }),
  bk_biz_id: z
    .string()
    .regex(NUMBER, { error: 'must be an integer from 0' })
    .transform(Number)
    .refine(Number.isSafeInteger, { error: 'is too large' })
    .meta({
      description: 'Id of the business inside the tenant.',
      override: {
        ...{ type: 'integer', format: 'int64', pattern: undefined },
        ...{ minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
      },
      example: 2,
    }),
});

export const subscriptionPath = placePath.extend({
  subscription_id: z
    .string()
    .regex(NUMBER, { error: 'must be an integer' })
    .transform(Number)
    .meta({
      description: 'Id of the subscription in this interface.',
      override: { type: 'integer', format: 'int64', pattern: undefined, minimum: 0 },
      example: 1,
    }),
});

/** The error of a value that is not of its type: one that is not there is told apart. */
export const notSetOr = (message: string) => ({
  error: ({ input }: { input?: unknown }) => (input === undefined || input === null ? NOT_SET : message),
});

/** An object of the interface: fields that it does not know are ignored. */
export function bodyObject<Shape extends z.core.$ZodShape>(shape: Shape) {
  return z.object(shape, { error: NOT_AN_OBJECT });
}

/** Text that says something; white space around it does not count. */
export function requiredText({ maxBytes }: { maxBytes: number }) {
  return z
    .string(notSetOr('must be a text'))
    .trim()
    .refine((value) => value !== '', { error: NOT_SET, abort: true })
    .pipe(text({ maxBytes }))
    .meta({ minLength: 1, maxLength: maxBytes });
}

const URL_BYTES = 2048;
export const callbackUrl = requiredText({ maxBytes: URL_BYTES }).meta({
  description: `http or https URL, at most ${URL_BYTES} bytes. Without a scheme it is read as \`http://\`.`,
  example: 'http://127.0.0.1:9000/cmdb',
});

/** The place in a body: the path's counts, so it can only be the same. */
export const placeInBody = {
  bk_biz_id: z
    .int({ error: 'must be an integer' })
    .nullish()
    .meta({ description: 'Id of the business: if it is given, the same as in the path.', example: 2 }),
  bk_supplier_account: z
    .string({ error: 'must be a text' })
    .nullish()
    .meta({ description: 'Supplier account: if it is given, the same as in the path.', example: 'acme' }),
};

interface Place {
  bk_biz_id: number;
  bk_supplier_account: string;
}

/** @throws Refusal 400 for a body that names another place than its path. */
export function requireSamePlace(path: Place, body: { [Field in keyof Place]?: Place[Field] | null }): void {
  for (const field of ['bk_supplier_account', 'bk_biz_id'] as const) {
    const named = body[field] ?? path[field];
    if (named !== path[field]) throw new Refusal(400, "is not the path's", field);
  }
}

export function placeOf({ bk_supplier_account: account, bk_biz_id: bizId }: Place) {
  return { account, bizId };
}

const OPERATOR_BYTES = 128;

export const operatorHeader = z.object({
  BK_USER: z
    .string()
    .optional()
    .meta({
      description: `Name of the person who acts: at most ${OPERATOR_BYTES} bytes of UTF-8. Default: the name of the app.`,
      example: 'ada',
    }),
});

/** Who acts, out of BK_USER. @throws Refusal 400 for what is too long, or holds a control character. */
export function operatorOf({ bk_user: header }: IncomingHttpHeaders): string | null {
  const bytes = Buffer.from(String(header ?? ''), 'latin1');
  const operator = bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1').trim();
  if (bytes.length > OPERATOR_BYTES) throw new Refusal(400, `is longer than ${OPERATOR_BYTES} bytes`, 'BK_USER');
  if (/\p{Cc}/u.test(operator)) throw new Refusal(400, 'holds a control character', 'BK_USER');
  return operator === '' ? null : operator;
}

/** What an answer is wrapped in. */
export function done<Data>(data: Data) {
  return { result: true, bk_error_code: 0, bk_error_msg: '', data };
}

/** The document of an answer: status 200 says nothing yet, `result` does. */
export function answered<Data extends z.ZodType>(id: string, data: Data) {
  const envelope = z.object({
    result: z.literal(true).meta({ description: 'true: done.', example: true }),
    bk_error_code: z.literal(0).meta({ description: '0: no error.', example: 0 }),
    bk_error_msg: z.literal('').meta({ description: 'Empty: no error.', example: '' }),
    data,
  });
  return z.union([envelope.meta({ id }), cmdbError]).meta({ id: `${id}OrError` });
}

export const succeeded = answered(
  'CmdbDone',
  z.literal('success').meta({ description: 'Always the same.', example: 'success' }),
);
