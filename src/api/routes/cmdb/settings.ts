import * as z from 'zod';
import { statusesOf } from '../../../domain/cmdbConfirmation';
import type { CmdbSubscriptionInput } from '../../../services/cmdb/settings';
import { NOT_SET } from '../../cmdbForm';
import { text } from '../v1/shapes';
import { bodyObject, callbackUrl, notSetOr, placeInBody, requiredText } from './shapes';

const NAME_BYTES = 256;
const PATTERN_BYTES = 1024;
const FORM_BYTES = 64 * 1024;
const MAX_NAMES = 1000;
/** Empty and repeated names do not count, but looking at 64 KiB of commas takes milliseconds. */
const MAX_PARTS = 4 * MAX_NAMES;
/** The form, 128 KiB when its characters are escaped, and the rest. */
export const SETTINGS_BODY_BYTES = 160 * 1024;
const MAX_TIMEOUT_S = 60;
const DEFAULT_STATUS = '200';

const CONFIRM_MODES = new Map<string | number, 'httpstatus' | 'regular'>([
  ['httpstatus', 'httpstatus'],
  ['regular', 'regular'],
  ['1', 'httpstatus'],
  ['2', 'regular'],
  [1, 'httpstatus'],
  [2, 'regular'],
]);
const NO_MODE = 'must be httpstatus (1) or regular (2)';
const NO_TIMEOUT = `must be an integer from 1 to ${MAX_TIMEOUT_S}, in seconds`;

const confirmMode = z
  .union([z.string(), z.number()], notSetOr(NO_MODE))
  .transform((given, context) => {
    const mode = CONFIRM_MODES.get(given);
    if (mode) return mode;
    context.addIssue({ code: 'custom', message: given === '' ? NOT_SET : NO_MODE });
    return z.NEVER;
  })
  .meta({
    description: 'What counts as confirmed: `httpstatus` (1) or `regular` (2); the numbers are taken as numbers too.',
    override: { type: 'string', enum: ['httpstatus', 'regular', '1', '2'], anyOf: undefined },
    example: 'httpstatus',
  });

/** Event names: white space around them does not count, and neither do empty and repeated ones. */
const subscriptionForm = requiredText({ maxBytes: FORM_BYTES })
  .refine((given) => given.split(',', MAX_PARTS + 1).length <= MAX_PARTS, {
    error: `names more than ${MAX_NAMES} events`,
    abort: true,
  })
  .transform((given) => [...new Set(given.split(',').map((name) => name.trim()))].filter((name) => name !== ''))
  .refine((names) => names.length > 0, { error: NOT_SET })
  .refine((names) => names.length <= MAX_NAMES, { error: `names more than ${MAX_NAMES} events` })
  .refine((names) => names.every((name) => Buffer.byteLength(name) <= 2 * 128), {
    error: 'holds a name that is too long',
  })
  .meta({
    description: 'Event names, separated by commas: `event_topic` and `event_type` joined, or `event_topic` alone.',
    override: { type: 'string', minLength: 1, maxLength: FORM_BYTES },
    example: 'hostcreate',
  });

/** What subscribe and modify take, in the order of cmdb.md's table: the first that is wrong gives the answer its number. */
export const subscriptionBody = bodyObject({
  ...placeInBody,
  subscription_name: requiredText({ maxBytes: NAME_BYTES }).meta({
    description: 'Name of the subscription, unique in its business.',
    example: 'mysubscribe',
  }),
  system_name: requiredText({ maxBytes: NAME_BYTES }).meta({
    description: 'Name of the system that subscribes.',
    example: 'SystemName',
  }),
  callback_url: callbackUrl,
  confirm_mode: confirmMode,
  confirm_pattern: text({ maxBytes: PATTERN_BYTES }).nullish().meta({
    description:
      'Statuses separated by commas (default 200), or a regular expression of RE2 that is found in the answer.',
    example: '200',
  }),
  subscription_form: subscriptionForm,
  timeout: z
    .number(notSetOr(NO_TIMEOUT))
    .refine((seconds) => Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_TIMEOUT_S, { error: NO_TIMEOUT })
    .meta({
      description: 'Seconds for the whole of an attempt.',
      example: 10,
      override: { type: 'integer', format: 'int32', minimum: 1, maximum: MAX_TIMEOUT_S },
    }),
})
  .transform((body, context) => {
    const given = body.confirm_pattern ?? '';
    const isRegular = body.confirm_mode === 'regular';
    const pattern = isRegular ? given : given.trim() || DEFAULT_STATUS;
    const fault =
      pattern === '' ? NOT_SET : !isRegular && !statusesOf(pattern) && 'must be HTTP statuses, separated by commas';
    if (fault) context.addIssue({ code: 'custom', path: ['confirm_pattern'], message: fault });
    return { ...body, confirm_pattern: pattern };
  })
  .meta({
    id: 'CmdbSubscription',
    example: {
      subscription_name: 'mysubscribe',
      system_name: 'SystemName',
      callback_url: 'http://127.0.0.1:9000/cmdb',
      confirm_mode: 'httpstatus',
      confirm_pattern: '200',
      subscription_form: 'hostcreate',
      timeout: 10,
    },
  });

export function inputOf(body: z.output<typeof subscriptionBody>, operator: string | null): CmdbSubscriptionInput {
  return {
    name: body.subscription_name,
    systemName: body.system_name,
    callbackUrl: body.callback_url,
    confirmMode: body.confirm_mode,
    confirmPattern: body.confirm_pattern,
    names: body.subscription_form,
    timeoutMs: body.timeout * 1000,
    operator,
  };
}
