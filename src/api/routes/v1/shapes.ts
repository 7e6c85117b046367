import * as z from 'zod';
import { isStorable } from '../../../domain/storable';
import { cursor } from '../../cursors';

/** Text as it came, never trimmed. Its length is checked first: what is too long is not looked at further. */
export function text({ maxBytes }: { maxBytes: number }) {
  return z
    .string()
    .refine((value) => value.length <= maxBytes && Buffer.byteLength(value) <= maxBytes, {
      error: `is longer than ${maxBytes} bytes`,
      abort: true,
    })
    .refine((value) => isStorable(value), { error: 'holds a character that cannot be stored' });
}

/**
 * A list whose length is checked before its elements: z.array() checks every element first, and makes an issue of each that is
 * wrong.
 */
export function boundedArray<Element extends z.ZodType>(
  element: Element,
  { min = 0, max }: { min?: number; max: number },
) {
  const list = z.array(element).min(min).max(max);
  return z.preprocess((given, context) => {
    if (!Array.isArray(given) || given.length <= max) return given;
    context.addIssue({ code: 'too_big', origin: 'array', maximum: max, inclusive: true, input: given });
    return z.NEVER;
  }, list);
}

/** Text that says something. */
export function filledText({ maxBytes }: { maxBytes: number }) {
  return text({ maxBytes })
    .refine((value) => value.trim() !== '', { error: 'must not be empty' })
    .meta({ minLength: 1, maxLength: maxBytes, pattern: '\\S' });
}

/** The body of a call with a list of 1,000 topics: 128 bytes each, which are 256 characters when they are escaped. */
export const TOPIC_LIST_BODY_BYTES = 320 * 1024;

const NAME_BYTES = 256;
const TOPIC_BYTES = 128;
const DESCRIPTION_CHARS = 1000;
const URL_BYTES = 2048;

export const name = filledText({ maxBytes: NAME_BYTES });
export const topic = filledText({ maxBytes: TOPIC_BYTES });
/** A topic that a delivery shows: a CMDB event name joins two parts of an address, a gateway tag puts `|` between them. */
export const shownTopic = filledText({ maxBytes: 2 * TOPIC_BYTES + 1 });
export const callbackUrl = filledText({ maxBytes: URL_BYTES }).meta({
  description: 'Absolute, http or https, without user name and password.',
  format: 'uri',
});
/** 4 bytes a character at most. */
export const description = text({ maxBytes: 4 * DESCRIPTION_CHARS })
  .max(DESCRIPTION_CHARS)
  .nullish();

/** Of tenants and apps: can stand in a URL as it is, and is never taken for a step in its path. */
export const chosenId = z
  .string()
  .regex(/^[A-Za-z0-9._~-]{1,128}$/, { error: 'must be 1 to 128 of the characters A-Z a-z 0-9 . _ ~ -' })
  .refine((id) => id !== '.' && id !== '..', { error: 'must not be . or ..' });

/** An id of a tenant or app in a body, that somebody has chosen. */
export const namedId = filledText({ maxBytes: 128 });

/** An id in a path; one that cannot be one is as unknown as any other. */
export const id = z.string();
export const pathId = z.object({ id });
export const appPath = z.object({ tenantId: z.string(), appId: z.string() });

/** What a subscription's deliveries are retried by. */
export const retry = z
  .union([z.enum(['gateway', 'push']), boundedArray(z.int().min(1).max(86_400), { max: 50 })], {
    error: 'must be "gateway", "push", or at most 50 waits of 1 to 86400 s',
  })
  .meta({
    description:
      'A named schedule, or the waits themselves in seconds, each from the end of an attempt and with jitter of ±10 %.',
  });

const MAX_PAGE = 500;
const DEFAULT_PAGE = 50;

/** A number in a path or a query. */
export function integerText({ min, max }: { min: number; max: number }) {
  const error = `must be a number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,10}$/, { error })
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error })
    .meta({ override: { type: 'integer', minimum: min, maximum: max, pattern: undefined } });
}

const MAX_TARGET_TYPE = 2_147_483_647;
export const targetTypePath = z.object({ number: integerText({ min: 0, max: MAX_TARGET_TYPE }) });

const limit = integerText({ min: 1, max: MAX_PAGE })
  .default(DEFAULT_PAGE)
  .meta({ override: { default: DEFAULT_PAGE } });

/** The parameters of a list in pages. */
export const pageQuery = z.strictObject({ cursor, limit });

/** Lists are ordered by one of these. */
export const uuidKey = z.uuid();
export const textKey = text({ maxBytes: TOPIC_BYTES });

const isoInstant = z.iso.datetime({ offset: true });
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z');

const NO_INSTANT = 'must be ISO 8601 with its offset, or milliseconds since 1970';
const IN_SECONDS = 'seems to be in seconds: a number is in milliseconds since 1970';
/** As seconds from 1973 to 5138; as milliseconds the second day of 1970 to 1973, before anything that is kept. */
const SECONDS = { from: 1e8, to: 1e11 };

const DIGITS = /^\d{1,15}$/;
/** No form of a moment is longer. */
const MAX_INSTANT_LENGTH = 64;

function toInstant(given: string, context: z.RefinementCtx): Date {
  const ms = given.length <= MAX_INSTANT_LENGTH && msOf(given);
  const isSeconds = DIGITS.test(given) && Number(given) >= SECONDS.from && Number(given) < SECONDS.to;
  if (ms !== false && ms <= LATEST_MS && !isSeconds) return new Date(ms);
  context.addIssue({ code: 'custom', message: isSeconds ? IN_SECONDS : NO_INSTANT });
  return z.NEVER;
}

function msOf(given: string): number | false {
  return DIGITS.test(given) ? Number(given) : isoInstant.safeParse(given).success && Date.parse(given);
}

const INSTANT = { description: 'ISO 8601 with its offset, or milliseconds since 1970.' };

/** A moment in a query. */
export const instant = z.string().transform(toInstant).meta(INSTANT);

/** A moment in a body. */
export const bodyInstant = z
  .union([z.string(), z.number()], { error: NO_INSTANT })
  .transform((given, context) => toInstant(String(given), context))
  .meta(INSTANT);

/** A moment in an answer. */
export const timestamp = z.iso.datetime();

export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    data: z.array(item),
    nextCursor: z.string().nullable().meta({ description: 'For the next page; null on the last one.' }),
  });
}
