import * as z from 'zod';
import { isStorable } from '../../../domain/storable';
import { type Caller, hasRole } from '../../../services/caller';
import { Refusal } from '../../../services/errors';
import { EMPTY, MALFORMED, publishForm } from '../../errorForm';
import { hasHalfSurrogate } from '../../json/surrogates';
import { defineRoute } from '../../route';
import { EXAMPLE_IDS } from '../v1/shapes';
import { bodyHash, MAX_COMPARED_AS_JSON, MAX_COMPARED_CHARS } from './bodyHash';

const PART_BYTES = 128;
const IDEMPOTENCY_KEY_LENGTH = 200;

const fault = ({ input }: { input?: unknown }) => (isEmpty(input) ? EMPTY : MALFORMED);

/** What publish.md counts as not there, whatever the field's type. */
function isEmpty(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() === '';
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

function isAddressPart(text: string): boolean {
  return !isEmpty(text) && Buffer.byteLength(text) <= PART_BYTES && isStorable(text);
}

/** A field that is not required: nobody misses it, so whatever it is instead is wrong. */
const optionalText = () => z.string({ error: MALFORMED }).refine((text) => isStorable(text), { error: MALFORMED });
const addressPart = (description: string, example: string) =>
  z
    .string({ error: fault })
    .refine(isAddressPart, { error: fault })
    .meta({
      description: `${description}; at most ${PART_BYTES} bytes of UTF-8.`,
      example,
      minLength: 1,
      maxLength: PART_BYTES,
      pattern: '\\S',
    });

/** The members stand in the order of publish.md's table: the first that is wrong is the one that the answer names. */
const body = z
  .object({
    event_source: addressPart('Event source', 'shop'),
    event_topic: addressPart('Event topic', 'orders'),
    event_type: addressPart('Event type', 'created'),
    event_status: addressPart('Event status', 'new'),
    event_key: optionalText().nullish().meta({
      description: 'Names the event for its receivers. Default: source.topic.type.status.',
      example: 'shop.orders.created.new',
    }),
    changes: z
      .array(z.unknown(), { error: fault })
      .min(1, { error: fault })
      .meta({
        description:
          'List of changes: stored and delivered as the very text that came. Half a surrogate pair (`"\\ud800"`) is refused.',
        example: [{ order: 17 }],
      }),
    tenant_id: optionalText()
      .refine((id) => !isEmpty(id), { error: EMPTY })
      .nullish()
      .meta({
        description: "Tenant of the event: named by platform producers, else the key's own.",
        example: 'acme',
      }),
  })
  .meta({
    id: 'PublishedEvent',
    example: {
      event_source: 'shop',
      event_topic: 'orders',
      event_type: 'created',
      event_status: 'new',
      changes: [{ order: 17 }],
    },
  });

export const publish = defineRoute({
  operationId: 'publish',
  method: 'post',
  path: '/api/publish',
  summary: 'Publish an event',
  description:
    'Answered with 000 once the event, and all that is needed to deliver it, is committed to disk. Unknown fields are ignored.',
  tag: 'Publish',
  access: ['producer', 'operator'],
  form: publishForm,
  headers: z.object({
    'Idempotency-Key': z
      .string()
      .min(1)
      .max(IDEMPOTENCY_KEY_LENGTH)
      .optional()
      .meta({
        description:
          'The same key of the same app (of the same API key, where that has no app) answers with the first request_id and ' +
          'publishes nothing again, for at least 7 days. ' +
          `Bodies are compared by members, numbers by their decimal value; bodies of more than ${MAX_COMPARED_CHARS} ` +
          `characters, or ${MAX_COMPARED_AS_JSON} names, lists and objects, or numbers of more than 15 digits, as text.`,
        example: 'order-17-created',
      }),
  }),
  body,
  bodyLimit: 'event',
  isHotPath: true,
  asText: true,
  success: {
    status: 200,
    description: 'Accepted.',
    schema: z
      .object({
        request_id: z.string().meta({ description: 'Id of the event.', example: EXAMPLE_IDS.event }),
        code: z.literal('000').meta({ description: 'Always `000`: the event is accepted.', example: '000' }),
        msg: z.literal('成功').meta({ description: 'Always the same.', example: '成功' }),
      })
      .meta({ id: 'Published' }),
  },
  errors: [],
  async handle({ caller, body: event, rawBody, bodyTexts, bodySize, headers, services }) {
    const { event_source: source, event_topic: topic, event_type: type, event_status: status } = event;
    const changes = bodyTexts.get('changes') ?? '[]';
    if (hasHalfSurrogate(changes)) throw new Refusal(400, MALFORMED, 'changes');
    const { eventId } = await services.publish({
      tenantId: tenantOf(caller, event.tenant_id),
      source,
      topic,
      type,
      status,
      key: event.event_key ?? `${source}.${topic}.${type}.${status}`,
      changes,
      publisher: { tenantId: caller.tenantId, appId: caller.appId, keyId: caller.keyId },
      idempotency: idempotencyOf(headers['idempotency-key'], { json: rawBody, size: bodySize }),
    });
    return { body: { request_id: eventId, code: '000', msg: '成功' } };
  },
});

/** @throws Refusal 403 for another's tenant, 400 where one must be named. */
function tenantOf(caller: Caller, named: string | null | undefined): string {
  const tenantId = named ?? caller.tenantId;
  if (tenantId === null) throw new Refusal(400, EMPTY, 'tenant_id');
  const forAnyTenant = caller.roles.includes('platform') || (hasRole(caller, 'operator') && caller.tenantId === null);
  if (tenantId !== caller.tenantId && !forAnyTenant)
    throw new Refusal(403, 'the key publishes for its own tenant only', 'tenant_id');
  return tenantId;
}

function idempotencyOf(header: string | string[] | undefined, body: { json: string; size: number }) {
  if (header === undefined) return undefined;
  const key = String(header);
  if (key === '') throw new Refusal(400, EMPTY, 'Idempotency-Key');
  if (key.length > IDEMPOTENCY_KEY_LENGTH) throw new Refusal(400, MALFORMED, 'Idempotency-Key');
  return { key, bodyHash: bodyHash(body) };
}
