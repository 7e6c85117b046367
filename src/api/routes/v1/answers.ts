import * as z from 'zod';
import { deliveryWorkflowId, laneWorkflowId } from '../../../contracts/ids';
import { DELIVERY_STATES, INTERFACES, LANE_STATES, ROLES } from '../../../contracts/states';
import type { DeliveryWithAttempts } from '../../../services/deliveries';
import { EXAMPLE_IDS, retry, timestamp } from './shapes';

const word = (description: string, example: string) => z.string().meta({ description, example });

const EXAMPLE_WORDS = { tenantId: 'acme', appId: 'shop', topic: 'orders' };

const tenantId = word('Id of the tenant.', 'acme');
const appId = word('Id of the app inside its tenant.', 'shop');
const subscriptionId = word('Id of the subscription.', EXAMPLE_IDS.subscription);
const workflowId = word(
  'Id of the Temporal workflow that carries it; of its lane while it waits behind that.',
  deliveryWorkflowId({ deliveryId: EXAMPLE_IDS.delivery, generation: 1 }, EXAMPLE_WORDS),
);

export const interfaceName = z
  .enum(INTERFACES)
  .meta({ id: 'Interface', description: 'The way in over which a subscription was made.', example: 'native' });
export const role = z
  .enum(ROLES)
  .meta({ id: 'Role', description: 'What a key may do; `platform` includes `producer`.', example: 'subscriber' });
export const deliveryState = z
  .enum(DELIVERY_STATES)
  .meta({ id: 'DeliveryState', description: 'How far a delivery is.', example: 'delivered' });
export const laneState = z
  .enum(LANE_STATES)
  .meta({ id: 'LaneState', description: 'What a lane does, or waits for.', example: 'running' });

export const tenantAnswer = z
  .object({ id: tenantId, name: word('Name for people.', 'Acme'), createdAt: timestamp('When it was made') })
  .meta({ id: 'Tenant' });

export const appAnswer = z
  .object({
    tenantId: word('Id of the tenant that the app belongs to.', 'acme'),
    id: appId,
    name: word('Name for people.', 'Shop'),
    callbackUrl: word(
      'Where messages of the portal go; null when none is set.',
      'http://127.0.0.1:9000/hook',
    ).nullable(),
    createdAt: timestamp('When it was made'),
  })
  .meta({ id: 'App' });

export const grantAnswer = z
  .object({
    tenantId: word('Id of the granting tenant, whose events the app receives.', 'globex'),
    createdAt: timestamp('When it was granted'),
  })
  .meta({ id: 'Grant' });

export const keyAnswer = z
  .object({
    id: word('Id of the key: the part between `pr_` and the secret.', EXAMPLE_IDS.key),
    tenantId: word('Tenant of the key; null for a key of the whole installation.', 'acme').nullable(),
    appId: word('App of the key; null for a key without one.', 'shop').nullable(),
    roles: z.array(role).meta({ description: 'What the key may do.', example: ['producer', 'subscriber'] }),
    subject: word('The portal user that the key stands for; null for a key of an app.', 'ada').nullable(),
    createdAt: timestamp('When it was made'),
    revokedAt: timestamp('When it was revoked; null while it is valid').nullable(),
  })
  .meta({ id: 'Key' });

export const topicAnswer = z
  .object({
    topic: word('What subscriptions name.', 'orders'),
    name: word('Name for people.', 'Orders'),
    description: word('Free text; null when there is none.', 'Orders of the web shop').nullable(),
    historyRequired: z.boolean().meta({
      description: 'Whether ordered pushes are held until the subscriber has processed the history.',
      example: false,
    }),
    createdAt: timestamp('When it was made'),
    updatedAt: timestamp('When it was changed last'),
  })
  .meta({ id: 'Topic' });

export const targetTypeAnswer = z
  .object({
    number: z.int().meta({ description: 'Number of the category: the `event_topic` of its events.', example: 7 }),
    name: word('Name for people.', 'News'),
    uuid: word('Id by which JSON:API relationships name it.', '18926ba9-4a93-429d-ae63-27836af5d366'),
  })
  .meta({ id: 'TargetType' });

const registration = z
  .union([
    z
      .object({
        subscription_id: z.int().meta({ description: 'Id of the subscription in the CMDB interface.', example: 1 }),
        subscription_name: word('Name of the subscription.', 'mysubscribe'),
        bk_biz_id: z.int().meta({ description: 'Id of the business inside the tenant.', example: 2 }),
        confirm_mode: word('What acknowledges: `httpstatus` or `regular`.', 'httpstatus'),
        confirm_pattern: word('The status, or the regular expression, that acknowledges.', '200'),
      })
      .meta({ id: 'CmdbRegistrationName' }),
    z
      .object({
        appRegisterId: z
          .int()
          .meta({ description: 'Number of the app, as the registration answers it.', example: 2646255255224320 }),
      })
      .meta({ id: 'DataPushRegistrationName' }),
    z
      .object({ eventTag: word('Tag of the registration.', 'MOZI_BUC_ACCOUNT_MODIFY_REALM|frozen') })
      .meta({ id: 'GatewayRegistrationName' }),
  ])
  .meta({
    id: 'RegistrationName',
    description:
      'What the interface that it was made through calls it. Of `cmdb`, `data-push` and `gateway` only: a `portal` ' +
      'subscription carries the messages to all portal users of the app.',
  });

export const subscriptionAnswer = z
  .object({
    id: subscriptionId,
    interface: interfaceName,
    tenantId,
    appId,
    callbackUrl: word('Where its deliveries go.', 'http://127.0.0.1:9000/hook'),
    topics: z
      .array(z.string())
      .meta({ description: 'Names that it matches, as its interface writes them.', example: ['orders'] }),
    description: word('Free text; null when there is none.', 'Orders of the web shop').nullable(),
    timeoutMs: z.int().meta({ description: 'Milliseconds for the whole of an attempt.', example: 15_000 }),
    retry,
    maxInFlight: z.int().meta({ description: 'Attempts at once, over all processes.', example: 10 }),
    ordered: z
      .boolean()
      .meta({ description: 'Whether each topic is delivered in order, one at a time.', example: false }),
    historyRequired: z.boolean().meta({
      description: 'Whether topics are held until their history is processed.',
      example: false,
    }),
    registration: registration.optional(),
    state: z
      .enum(['active', 'paused'])
      .meta({ description: '`paused`: its deliveries are kept until it is resumed.', example: 'active' }),
    createdAt: timestamp('When it was made'),
    updatedAt: timestamp('When it was changed last'),
  })
  .meta({ id: 'Subscription' });

const secret = word(
  'Signing secret: `whsec_` and the base64 of the key, as Standard Webhooks writes it.',
  'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
);
const previousSecret = z
  .object({ secret, expiresAt: timestamp('When callbacks stop being signed with it') })
  .meta({ id: 'PreviousSecret' });

export const secretsAnswer = z
  .object({
    secret,
    previous: z
      .array(previousSecret)
      .meta({ description: 'Callbacks are signed with these too until they expire; newest first.' }),
  })
  .meta({ id: 'Secrets' });

export const cancelledAnswer = z
  .object({
    cancelled: z.int().meta({ description: 'How many pending deliveries this call has cancelled.', example: 0 }),
  })
  .meta({ id: 'Cancelled' });

const attemptAnswer = z
  .object({
    number: z.int().meta({ description: 'Counts from 1, over retries by hand too.', example: 1 }),
    startedAt: timestamp('When the call began'),
    durationMs: z.int().meta({ description: 'Milliseconds until its end.', example: 84 }),
    statusCode: z
      .int()
      .nullable()
      .meta({ description: 'HTTP status of the answer; null when no answer came.', example: 200 }),
    error: word('Why it was no acknowledgement; null when it was one, or the status says it.', 'timed out').nullable(),
    responseExcerpt: word(
      'First 4 KiB of the answer as text, in lists its first 256 characters; null when no answer came.',
      'ok',
    ).nullable(),
  })
  .meta({ id: 'Attempt' });

const waitsBehind = z
  .object({
    laneId: word('Id of the lane.', EXAMPLE_IDS.lane),
    state: laneState,
    reason: word('Why it is in this state; null where the state says it.', 'gone').nullable(),
  })
  .meta({
    id: 'WaitsBehind',
    description: 'The lane that it waits behind, and why that lane does not let it go; null when it does not wait.',
  });

export const deliveryAnswer = z
  .object({
    id: word('Id of the delivery: `webhook-id` of each of its calls.', EXAMPLE_IDS.delivery),
    eventId: word('Id of the event.', EXAMPLE_IDS.event),
    subscriptionId,
    topic: word('Which of the names of the subscription the event matched.', 'orders'),
    state: deliveryState,
    reason: word('Why it failed or was cancelled; null otherwise.', 'gone').nullable(),
    attempts: z.array(attemptAnswer).meta({ description: 'Its calls so far, oldest first.' }),
    nextAttemptAt: timestamp(
      'When the next attempt is due at the earliest; null while none is planned, one is under way, or it is due but ' +
        'waits behind its lane',
    ).nullable(),
    waitsBehind: waitsBehind.nullable(),
    workflowId,
    createdAt: timestamp('When the event was accepted, or the replay was made'),
    finishedAt: timestamp('When it was delivered, failed or cancelled; null while it is pending').nullable(),
    replayOf: word('Id of the delivery that this one repeats; null for a first one.', EXAMPLE_IDS.delivery).nullable(),
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
    id: word('Id of the lane.', EXAMPLE_IDS.lane),
    subscriptionId,
    topic: word('Its topic; empty for the one lane of a subscription that is not ordered.', 'orders'),
    state: laneState,
    reason: word('Why it is in this state; null where the state says it.', 'gone').nullable(),
    since: timestamp('Since when it is in this state'),
    waiting: z
      .int()
      .meta({ description: 'Deliveries behind it, counted up to 1,000,000, in lists up to 10,000.', example: 0 }),
    head: word('Id of the delivery that goes next; null when none waits.', EXAMPLE_IDS.delivery).nullable(),
    nextAttemptAt: timestamp(
      'When the next attempt is due at the earliest, of a sick lane the next probe; null: none, or something is due, ' +
        'also if the lane holds it',
    ).nullable(),
    workflowId: word(
      'Id of its Temporal workflow, which is open while something waits behind the lane.',
      laneWorkflowId(EXAMPLE_IDS.subscription, EXAMPLE_WORDS),
    ),
  })
  .meta({ id: 'Lane' });
