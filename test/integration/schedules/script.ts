import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { Activities } from '../../../activities';
import type {
  CarrierStep,
  DeliveryInput,
  LaneCommand,
  LaneInput,
  LaneStanding,
  LaneStep,
} from '../../../src/contracts/carrying';
import { TASK_QUEUE } from '../../../src/contracts/ids';
import { workflowBundle } from '../../support/engine';

/** What a workflow asked for, and when by the server's clock, which skips. */
export interface Asked {
  what: 'attempt' | 'early attempt' | 'cancel' | 'drainLane' | LaneCommand;
  atMs: number;
}

type Answer = CarrierStep | LaneStep;

/** Activities that answer from a script, the n-th answer to the n-th call, and remember what they were asked. */
export function scripted(env: TestWorkflowEnvironment) {
  const scripts = new Map<string, (call: number) => Answer | Promise<Answer>>();
  const asked = new Map<string, Asked[]>();

  async function ask<Step>(id: string, what: Asked['what']): Promise<Step> {
    const before = asked.get(id) ?? [];
    asked.set(id, [...before, { what, atMs: await env.currentTimeMs() }]);
    const script = scripts.get(id);
    if (!script) throw new Error(`no script for ${id}`);
    return (await script(before.length + 1)) as Step;
  }

  const activities: Pick<Activities, 'attempt' | 'cancel' | 'drainLane' | 'steerLane'> = {
    attempt: ({ deliveryId, early }) => ask(deliveryId, early ? 'early attempt' : 'attempt'),
    cancel: ({ deliveryId }) => ask(deliveryId, 'cancel'),
    drainLane: ({ subscriptionId }) => ask(subscriptionId, 'drainLane'),
    steerLane: ({ subscriptionId, command }) => ask(subscriptionId, command),
  };

  return {
    asked: (id: string) => asked.get(id) ?? [],
    answer: (id: string, script: (call: number) => Answer | Promise<Answer>) => void scripts.set(id, script),
    async startWorker() {
      const worker = await Worker.create({
        connection: env.nativeConnection,
        taskQueue: TASK_QUEUE,
        ...(await workflowBundle()),
        activities,
      });
      const ended = worker.run();
      return {
        async stop() {
          worker.shutdown();
          await ended;
        },
      };
    },
  };
}

export function inputOf(deliveryId: string): DeliveryInput {
  const subject = { tenantId: 'acme', appId: 'shop', subscriptionId: 's', topic: 'gs', callbackHost: 'example.test' };
  return { deliveryId, generation: 1, subject };
}

export function laneInputOf(subscriptionId: string): LaneInput {
  return { subscriptionId, topic: 'gs', subject: { ...inputOf('lane').subject, subscriptionId } };
}

export function standing(waitMs: number, as: Partial<LaneStanding> = {}): LaneStep {
  return {
    next: 'wait',
    waitMs,
    standing: {
      ...{ state: 'stopped', reason: 'gone', since: 'earlier', waiting: 101 },
      ...{ head: 'd', nextAttemptAt: null, lastAttempt: { number: 1, text: 'the receiver answered 410' } },
      ...as,
    },
  };
}

export function waiting(waitMs: number, attempt = 1): CarrierStep {
  return {
    next: 'wait',
    waitMs,
    nextAttemptAt: 'later',
    last: { attempt, attemptsAllowed: 17, text: 'the receiver answered 503' },
  };
}
