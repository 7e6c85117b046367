import { type WorkflowClient, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import type { SearchAttributePair } from '@temporalio/common';
import { type DeliveryInput, SIGNAL_WAKE } from '../contracts/carrying';
import {
  consignmentWorkflowId,
  deliveryWorkflowId,
  fanOutWorkflowId,
  laneWorkflowId,
  TASK_QUEUE,
  timeOfId,
  unnamedDeliveryWorkflowId,
} from '../contracts/ids';
import { ATTEMPT, DELIVERY_STATE, LANE_STATE, TENANT_ID, TOPIC } from '../contracts/searchAttributes';
import type { Workflows } from '../services/carriers/port';
import { keyword, memoOf, plainLine, priorityOf, subjectAttributes, whitherOf } from './descriptions';
import { isInvalidArgument } from './grpcErrors';
import type { TemporalLink } from './temporalLink';

/** Below every caller's patience; the client's own retries stop with it. */
const CALL_TIMEOUT_MS = 5000;
export interface WorkflowsOptions {
  temporal: Pick<TemporalLink, 'client' | 'usableAttributes' | 'onAttributesRefused'>;
  /** Ask for the first workflow task here: only where a worker shares this connection. */
  eager: boolean;
  newId(): string;
  /** Deliveries accepted before may have workflows that are not named by words, in milliseconds since 1970. Default: none. */
  unnamedBeforeMs?(): number;
}

/** Starts and signals by the ids of `contracts/ids`. */
export function createWorkflows({ temporal, eager, newId, unnamedBeforeMs = () => 0 }: WorkflowsOptions): Workflows {
  const bounded = async <T>(call: (workflows: WorkflowClient) => Promise<T>): Promise<T> => {
    const connected = temporal.client;
    return connected.withDeadline(Date.now() + CALL_TIMEOUT_MS, () => call(connected.workflow));
  };

  /** Without any, if Temporal refuses those that the namespace is believed to have. */
  const withAttributes = async <T>(
    wanted: SearchAttributePair[],
    start: (workflows: WorkflowClient, typedSearchAttributes: SearchAttributePair[]) => Promise<T>,
  ): Promise<T> => {
    const usable = temporal.usableAttributes(wanted);
    try {
      return await bounded((workflows) => start(workflows, usable));
    } catch (error) {
      if (usable.length === 0 || !isInvalidArgument(error)) throw error;
      temporal.onAttributesRefused();
      return bounded((workflows) => start(workflows, []));
    }
  };

  /**
   * A delivery that was started before workflows were named by words keeps its first id.
   *
   * @returns null when Temporal does not know it.
   */
  const ofDelivery = async <T>(
    input: DeliveryInput,
    call: (workflows: WorkflowClient, workflowId: string) => Promise<T>,
  ): Promise<T | null> => {
    const ids = [deliveryWorkflowId(input, input.subject)];
    if (timeOfId(input.deliveryId) < unnamedBeforeMs()) ids.push(unnamedDeliveryWorkflowId(input));
    for (const workflowId of ids) {
      try {
        return await bounded((workflows) => call(workflows, workflowId));
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    }
    return null;
  };

  return {
    async startDelivery(input) {
      const attributes = [
        ...subjectAttributes(input.subject),
        { key: DELIVERY_STATE, value: 'pending' },
        { key: ATTEMPT, value: 1 },
      ];
      try {
        await withAttributes(attributes, (workflows, typedSearchAttributes) =>
          workflows.start('delivery', {
            workflowId: deliveryWorkflowId(input, input.subject),
            taskQueue: TASK_QUEUE,
            args: [input],
            requestEagerStart: eager,
            // An id that was used once stands for a carrier that did its work or was ended: never for a new one.
            workflowIdReusePolicy: 'REJECT_DUPLICATE',
            priority: priorityOf(input.subject.tenantId),
            staticSummary: plainLine(whitherOf(input.subject)),
            memo: memoOf(input.subject, { delivery: input.deliveryId }),
            typedSearchAttributes,
          }),
        );
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    },

    async startConsignment(input) {
      const attributes = [{ key: DELIVERY_STATE, value: 'pending' }];
      await withAttributes(attributes, (workflows, typedSearchAttributes) =>
        workflows.start('consignment', {
          workflowId: consignmentWorkflowId(newId()),
          taskQueue: TASK_QUEUE,
          args: [input],
          requestEagerStart: eager,
          staticSummary: `${input.deliveryIds.length} deliveries`,
          typedSearchAttributes,
        }),
      );
    },

    async startFanOut({ eventId, tenantId, topic }) {
      const attributes = [
        { key: TENANT_ID, value: keyword(tenantId) },
        { key: TOPIC, value: keyword(topic) },
      ];
      try {
        await withAttributes(attributes, (workflows, typedSearchAttributes) =>
          workflows.start('fanOut', {
            workflowId: fanOutWorkflowId({ eventId, tenantId, topic }),
            taskQueue: TASK_QUEUE,
            args: [{ eventId }],
            // One that was terminated left the rest unwritten, and one that is complete finds nothing to do.
            workflowIdReusePolicy: 'ALLOW_DUPLICATE',
            priority: priorityOf(tenantId),
            staticSummary: plainLine(`the rest of one event's deliveries: ${topic} of ${tenantId}`),
            memo: { tenant: plainLine(tenantId), topic: plainLine(topic), event: eventId },
            typedSearchAttributes,
          }),
        );
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    },

    async wakeLane(input) {
      const attributes = [...subjectAttributes(input.subject), { key: LANE_STATE, value: 'running' }];
      await withAttributes(attributes, (workflows, typedSearchAttributes) =>
        workflows.signalWithStart('lane', {
          workflowId: laneWorkflowId(input.subscriptionId, input.subject),
          taskQueue: TASK_QUEUE,
          args: [input],
          signal: SIGNAL_WAKE,
          priority: priorityOf(input.subject.tenantId),
          staticSummary: plainLine(`lane ${input.subject.topic === '' ? '' : 'of '}${whitherOf(input.subject)}`),
          memo: memoOf(input.subject),
          typedSearchAttributes,
        }),
      );
    },

    async signalDelivery(input, signal) {
      await ofDelivery(input, async (workflows, workflowId) => {
        await workflows.getHandle(workflowId).signal(signal);
      });
    },

    async isDeliveryOpen(input) {
      const name = await ofDelivery(input, async (workflows, workflowId) => {
        return (await workflows.getHandle(workflowId).describe()).status.name;
      });
      return name === 'RUNNING' || name === 'CONTINUED_AS_NEW' || name === 'PAUSED';
    },
  };
}
