import * as z from 'zod';
import { DELIVERY_STATES, INTERFACES, LANE_STATES, ROLES } from '../../../contracts/states';
import type { DeliveryWithAttempts } from '../../../services/deliveries';
import { retry, timestamp } from './shapes';

export const tenantAnswer = z.object({ id: z.string(), name: z.string(), createdAt: timestamp }).meta({ id: 'Tenant' });

export const appAnswer = z
  .object({
    tenantId: z.string(),
    id: z.string(),
    name: z.string(),
    callbackUrl: z.string().nullable(),
    createdAt: timestamp,
  })
  .meta({ id: 'App' });

export const grantAnswer = z
  .object({ tenantId: z.string().meta({ description: 'The granting tenant.' }), createdAt: timestamp })
  .meta({ id: 'Grant' });

export const keyAnswer = z
  .object({
    id: z.string(),
    tenantId: z.string().nullable().meta({ description: 'null: of the installation.' }),
    appId: z.string().nullable(),
    roles: z.array(z.enum(ROLES)),
    subject: z.string().nullable(),
    createdAt: timestamp,
    revokedAt: timestamp.nullable(),
  })
  .meta({ id: 'Key' });

export const topicAnswer = z
  .object({
    topic: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    historyRequired: z.boolean(),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'Topic' });

export const targetTypeAnswer = z
  .object({ number: z.int(), name: z.string(), uuid: z.string() })
  .meta({ id: 'TargetType' });

export const subscriptionAnswer = z
  .object({
    id: z.string(),
    interface: z.enum(INTERFACES),
    tenantId: z.string(),
    appId: z.string(),
    callbackUrl: z.string(),
    topics: z.array(z.string()),
    description: z.string().nullable(),
    timeoutMs: z.int(),
    retry,
    maxInFlight: z.int(),
    ordered: z.boolean(),
    historyRequired: z.boolean(),
    registration: z
      .union([
        z.object({
          subscription_id: z.int(),
          subscription_name: z.string(),
          bk_biz_id: z.int(),
          confirm_mode: z.string(),
          confirm_pattern: z.string(),
        }),
        z.object({ appRegisterId: z.int() }),
        z.object({ eventTag: z.string() }),
      ])
      .optional()
      .meta({
        description:
          'What the interface that it was made through calls it. Of `cmdb`, `data-push` and `gateway` only: a `portal` ' +
          'subscription carries the messages to all portal users of the app.',
      }),
    state: z.enum(['active', 'paused']),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'Subscription' });

export const secretsAnswer = z
  .object({
    secret: z.string().meta({ description: 'Base64 after `whsec_`, as Standard Webhooks has them.' }),
    previous: z
      .array(z.object({ secret: z.string(), expiresAt: timestamp }))
      .meta({ description: 'Callbacks are signed with these too until they expire; newest first.' }),
  })
  .meta({ id: 'Secrets' });

export const cancelledAnswer = z
  .object({ cancelled: z.int().meta({ description: 'Pending deliveries that this has cancelled.' }) })
  .meta({ id: 'Cancelled' });

const attemptAnswer = z
  .object({
    number: z.int(),
    startedAt: timestamp,
    durationMs: z.int(),
    statusCode: z.int().nullable().meta({ description: 'null: there was no answer.' }),
    error: z.string().nullable(),
    responseExcerpt: z.string().nullable().meta({ description: 'In lists at most its first 256 characters.' }),
  })
  .meta({ id: 'Attempt' });

export const deliveryAnswer = z
  .object({
    id: z.string(),
    eventId: z.string(),
    subscriptionId: z.string(),
    topic: z.string(),
    state: z.enum(DELIVERY_STATES),
    reason: z.string().nullable(),
    attempts: z.array(attemptAnswer),
    nextAttemptAt: timestamp.nullable().meta({
      description:
        'The earliest time. null while an attempt is under way, and when it is due but waits behind its lane.',
    }),
    waitsBehind: z
      .object({ laneId: z.string(), state: z.enum(LANE_STATES), reason: z.string().nullable() })
      .nullable()
      .meta({
        description: 'The lane that it waits behind, and why that lane does not let it go; null when it does not wait.',
      }),
    workflowId: z.string().meta({ description: 'In Temporal; of its lane while it waits behind that.' }),
    createdAt: timestamp,
    finishedAt: timestamp.nullable(),
    replayOf: z.string().nullable(),
  })
  .meta({ id: 'Delivery' });

export function toDeliveryAnswer({
  tenantId: _tenant,
  appId: _app,
  pageNumber: _page,
  ...delivery
}: DeliveryWithAttempts) {
  return delivery;
}

export const laneAnswer = z
  .object({
    id: z.string(),
    subscriptionId: z.string(),
    topic: z.string().meta({ description: 'Empty: the one lane of a subscription that is not ordered.' }),
    state: z.enum(LANE_STATES),
    reason: z.string().nullable(),
    since: timestamp,
    waiting: z.int().meta({ description: 'Deliveries behind it; counted up to 1,000,000, in lists up to 10,000.' }),
    head: z.string().nullable().meta({ description: 'The delivery of them that goes next.' }),
    nextAttemptAt: timestamp.nullable().meta({
      description:
        'The earliest time; while it is sick, that of the next probe. null when something is due, also if the lane holds it.',
    }),
    workflowId: z.string().meta({ description: 'In Temporal, open while something waits behind the lane.' }),
  })
  .meta({ id: 'Lane' });
