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

/** Ids in the OpenAPI document's examples: what is returned in one example is what another one names. */
export const EXAMPLE_IDS = {
  subscription: '0e276c97-c3f9-44c2-88ab-335123991c45',
  delivery: '6f1c2a60-0b6e-4f43-9a5c-0b7f5f0f7d11',
  lane: '5b8f7f0e-5a9f-4a49-8b41-7a6f1b0c9d22',
  event: 'b372be68-6fa6-4590-b927-a4096e6a05e6',
  key: '4fzyo82mkyr',
} as const;

const NAME_BYTES = 256;
const TOPIC_BYTES = 128;
const DESCRIPTION_CHARS = 1000;
const URL_BYTES = 2048;

export const name = filledText({ maxBytes: NAME_BYTES }).meta({
  description: `Name for people, at most ${NAME_BYTES} bytes of UTF-8.`,
  example: 'Acme',
});
export const topic = filledText({ maxBytes: TOPIC_BYTES }).meta({
  description: `Topic, compared exactly, at most ${TOPIC_BYTES} bytes of UTF-8.`,
  example: 'orders',
});
/** A topic that a delivery shows: a CMDB event name joins two parts of an address, a gateway tag puts `|` between them. */
export const shownTopic = filledText({ maxBytes: 2 * TOPIC_BYTES + 1 }).meta({
  description: 'Only deliveries that show this topic, compared exactly.',
  example: 'orders',
});
export const callbackUrl = filledText({ maxBytes: URL_BYTES }).meta({
  description:
    `Absolute http or https URL without user name and password, at most ${URL_BYTES} bytes. Its host must be public, ` +
    'unless EGRESS_ALLOW of the installation names its address.',
  format: 'uri',
  example: 'http://127.0.0.1:9000/hook',
});
/** 4 bytes a character at most. */
export const description = text({ maxBytes: 4 * DESCRIPTION_CHARS })
  .max(DESCRIPTION_CHARS)
  .nullish()
  .meta({ description: `Free text, at most ${DESCRIPTION_CHARS} characters.`, example: 'Orders of the web shop' });

/** Of tenants and apps: can stand in a URL as it is, and is never taken for a step in its path. */
export const chosenId = z
  .string()
  .regex(/^[A-Za-z0-9._~-]{1,128}$/, { error: 'must be 1 to 128 of the characters A-Z a-z 0-9 . _ ~ -' })
  .refine((id) => id !== '.' && id !== '..', { error: 'must not be . or ..' })
  .meta({ description: 'Id that you choose: 1 to 128 of the characters A-Z a-z 0-9 . _ ~ -', example: 'acme' });

/** An id of a tenant or app in a body, that somebody has chosen. */
export const namedId = filledText({ maxBytes: 128 });
export const tenantId = namedId.meta({ description: 'Id of the tenant.', example: 'acme' });
export const appId = namedId.meta({ description: 'Id of the app inside its tenant.', example: 'shop' });

/** An id in a path; one that cannot be one is as unknown as any other. */
export const id = z.string();

/** The path of one thing, which the description names. */
export const pathOf = (description: string, example: string) => z.object({ id: id.meta({ description, example }) });
export const deliveryPath = pathOf('Id of the delivery.', EXAMPLE_IDS.delivery);
export const lanePath = pathOf('Id of the lane.', EXAMPLE_IDS.lane);
export const tenantPath = pathOf('Id of the tenant.', 'acme');
export const keyPath = pathOf('Id of the key.', EXAMPLE_IDS.key);
export const subscriptionPath = pathOf('Id of the subscription.', EXAMPLE_IDS.subscription);
export const appPath = z.object({
  tenantId: id.meta({ description: 'Id of the tenant that the app belongs to.', example: 'acme' }),
  appId: id.meta({ description: 'Id of the app inside its tenant.', example: 'shop' }),
});

/** What a subscription's deliveries are retried by. */
export const retry = z
  .union([z.enum(['gateway', 'push']), boundedArray(z.int().min(1).max(86_400), { max: 50 })], {
    error: 'must be "gateway", "push", or at most 50 waits of 1 to 86400 s',
  })
  .meta({
    id: 'RetryPolicy',
    description:
      'A named schedule (`gateway`: 16 repeats in 4 h 45 min 40 s; `push`: 5 repeats in 8 min 40 s), or the waits ' +
      'themselves: at most 50, 1 to 86400 seconds each. Each wait counts from the end of an attempt and has jitter of ±10 %. ' +
      'After a 429 of a receiver that takes other calls, the first wait is used again.',
    example: 'gateway',
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
    .meta({ override: { type: 'integer', format: 'int32', minimum: min, maximum: max, pattern: undefined } });
}

const MAX_TARGET_TYPE = 2_147_483_647;
export const targetTypePath = z.object({
  number: integerText({ min: 0, max: MAX_TARGET_TYPE }).meta({ description: 'Number of the category.', example: 7 }),
});

const limit = integerText({ min: 1, max: MAX_PAGE })
  .default(DEFAULT_PAGE)
  .meta({
    description: 'How many entries a page holds at most.',
    override: { default: DEFAULT_PAGE },
    example: DEFAULT_PAGE,
  });

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

/** Documented as a date alone, so that generated clients take their language's dates. */
const INSTANT = {
  override: { type: 'string', format: 'date-time', anyOf: undefined },
  example: '2026-01-01T00:00:00Z',
} as const;
const INSTANT_FORM = 'ISO 8601 with its offset; milliseconds since 1970 are taken too.';

/** A moment in a query. @param means a sentence. */
export const instant = (means: string) =>
  z
    .string()
    .transform(toInstant)
    .meta({ ...INSTANT, description: `${means} ${INSTANT_FORM}` });

/** A moment in a body. @param means a sentence. */
export const bodyInstant = (means: string) =>
  z
    .union([z.string(), z.number()], { error: NO_INSTANT })
    .transform((given, context) => toInstant(String(given), context))
    .meta({ ...INSTANT, description: `${means} ${INSTANT_FORM}` });

/** A moment in an answer. @param means a phrase that names it. */
export const timestamp = (means: string) =>
  z.iso.datetime().meta({ description: `${means} (UTC).`, example: '2026-01-01T12:00:00.000Z' });

export const nextCursor = z
  .string()
  .nullable()
  .meta({ description: '`cursor` of the next page; null on the last one.', example: null });

/** @param id names the page in the OpenAPI document. */
export function pageOf<Item extends z.ZodType>(id: string, item: Item) {
  const data = z.array(item).meta({ description: 'The entries of the page.' });
  return z.object({ data, nextCursor }).meta({ id });
}
