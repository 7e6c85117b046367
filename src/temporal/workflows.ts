import { createHash } from 'node:crypto';
import {
  type Client,
  type WorkflowClient,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { type DeliveryInput, type LaneInput, SIGNAL_WAKE } from '../contracts/carrying';
import {
  consignmentWorkflowId,
  deliveryWorkflowId,
  fanOutWorkflowId,
  laneWorkflowId,
  TASK_QUEUE,
} from '../contracts/ids';
import {
  ATTEMPT,
  CALLBACK_HOST,
  DELIVERY_STATE,
  LANE_STATE,
  SUBSCRIPTION_ID,
  TENANT_ID,
  TOPIC,
} from '../contracts/searchAttributes';
import { plainText } from '../domain/plainText';
import type { Workflows } from '../services/carriers/port';

/** Below every caller's patience; the client's own retries stop with it. */
const CALL_TIMEOUT_MS = 5000;
/** A keyword's column in PostgreSQL and SQLite. */
const MAX_KEYWORD = 255;
/** Temporal refuses longer ones. */
const MAX_FAIRNESS_KEY_BYTES = 64;
/** Temporal refuses a start with a longer summary. */
const MAX_SUMMARY_BYTES = 400;
/** What a summary that is too long is shortened by. */
const SHORTEN_CHARS = 20;

export interface WorkflowsOptions {
  /** Throws while there is no connection. */
  client(): Client;
  /** Ask for the first workflow task here: only where a worker shares this connection. */
  eager: boolean;
  newId(): string;
}

/** Starts and signals by the ids of `contracts/ids`. */
export function createWorkflows({ client, eager, newId }: WorkflowsOptions): Workflows {
  const bounded = async <T>(call: (workflows: WorkflowClient) => Promise<T>): Promise<T> => {
    const connected = client();
    return connected.withDeadline(Date.now() + CALL_TIMEOUT_MS, () => call(connected.workflow));
  };

  return {
    async startDelivery(input) {
      try {
        await bounded((workflows) =>
          workflows.start('delivery', {
            workflowId: deliveryWorkflowId(input),
            taskQueue: TASK_QUEUE,
            args: [input],
            requestEagerStart: eager,
            // An id that was used once stands for a carrier that did its work or was ended: never for a new one.
            workflowIdReusePolicy: 'REJECT_DUPLICATE',
            priority: priorityOf(input.subject.tenantId),
            staticSummary: summary(subjectOf(input)),
            typedSearchAttributes: [
              ...subjectAttributes(input),
              { key: DELIVERY_STATE, value: 'pending' },
              { key: ATTEMPT, value: 1 },
            ],
          }),
        );
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    },

    async startConsignment(input) {
      await bounded((workflows) =>
        workflows.start('consignment', {
          workflowId: consignmentWorkflowId(newId()),
          taskQueue: TASK_QUEUE,
          args: [input],
          requestEagerStart: eager,
          staticSummary: `${input.deliveryIds.length} deliveries`,
          typedSearchAttributes: [{ key: DELIVERY_STATE, value: 'pending' }],
        }),
      );
    },

    async startFanOut({ eventId, tenantId, topic }) {
      try {
        await bounded((workflows) =>
          workflows.start('fanOut', {
            workflowId: fanOutWorkflowId({ eventId }),
            taskQueue: TASK_QUEUE,
            args: [{ eventId }],
            // One that was terminated left the rest unwritten, and one that is complete finds nothing to do.
            workflowIdReusePolicy: 'ALLOW_DUPLICATE',
            priority: priorityOf(tenantId),
            staticSummary: summary(`the rest of one event's deliveries: ${topic} of ${tenantId}`),
            typedSearchAttributes: [
              { key: TENANT_ID, value: keyword(tenantId) },
              { key: TOPIC, value: keyword(topic) },
            ],
          }),
        );
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    },

    async wakeLane(input) {
      await bounded((workflows) =>
        workflows.signalWithStart('lane', {
          workflowId: laneWorkflowId(input),
          taskQueue: TASK_QUEUE,
          args: [input],
          signal: SIGNAL_WAKE,
          priority: priorityOf(input.subject.tenantId),
          staticSummary: summary(`lane of ${subjectOf(input)}`),
          typedSearchAttributes: [...subjectAttributes(input), { key: LANE_STATE, value: 'running' }],
        }),
      );
    },

    async signalDelivery(carrier, signal) {
      try {
        await bounded((workflows) => workflows.getHandle(deliveryWorkflowId(carrier)).signal(signal));
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },

    async isDeliveryOpen(carrier) {
      try {
        const { status } = await bounded((workflows) => workflows.getHandle(deliveryWorkflowId(carrier)).describe());
        return status.name === 'RUNNING' || status.name === 'CONTINUED_AS_NEW' || status.name === 'PAUSED';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },
  };
}

function subjectOf({ subject }: DeliveryInput | LaneInput): string {
  const topic = subject.topic === '' ? '' : `${subject.topic} `;
  return `${topic}to ${subject.callbackHost} for ${subject.tenantId}`;
}

/** Temporal renders it as Markdown, and names of topics are what subscribers and producers chose. */
function summary(text: string): string {
  for (let chars = MAX_SUMMARY_BYTES; ; chars -= SHORTEN_CHARS) {
    const shown = plainText(text.slice(0, chars));
    if (Buffer.byteLength(shown) <= MAX_SUMMARY_BYTES) return shown;
  }
}

/**
 * Task queues are shared by tenant where the server has fairness; others ignore it. Activities inherit it. A consignment is of
 * many tenants, so it has the key of nobody.
 */
function priorityOf(tenantId: string) {
  const isShort = Buffer.byteLength(tenantId) <= MAX_FAIRNESS_KEY_BYTES;
  return { fairnessKey: isShort ? tenantId : createHash('sha256').update(tenantId).digest('base64url') };
}

function keyword(text: string): string {
  return text.slice(0, MAX_KEYWORD);
}

function subjectAttributes({ subject }: DeliveryInput | LaneInput) {
  return [
    { key: TENANT_ID, value: keyword(subject.tenantId) },
    { key: SUBSCRIPTION_ID, value: subject.subscriptionId },
    { key: TOPIC, value: keyword(subject.topic) },
    { key: CALLBACK_HOST, value: keyword(subject.callbackHost) },
  ];
}
