import { join } from 'node:path';
import { type Child, startChild } from '../../bench/children/rpc';
import { makeSubscriberKey, makeTenant, type Tenant } from '../driver/scene';
import type { Lab } from '../lab';
import { callOf } from './ask';
import type { Flood, FloodCall, FloodReport } from './attacker/flood';
import type { AttackerHandlers } from './attacker/process';
import type { ReceiverAnswer } from './attacker/receiver';

/** A subscriber with ordinary keys, and a process that uses them. */
export interface Attacker extends Tenant {
  subscriberKey: string;
  /** Of its own. */
  topic: string;
  child: Child<AttackerHandlers>;
  /** Calls until the round ends; the report's figures are of its last round. */
  floods(lab: Lab, flood: Omit<Flood, 'urls'>): () => Promise<() => Promise<void>>;
  /** A call with the subscriber's key and a JSON body. */
  callOf(method: string, path: string, body?: unknown): FloodCall;
  /** Of an event of its own tenant. */
  publishOf(event: { topic: string; type?: string; changes?: unknown[] }): FloodCall;
  /** The URL of a receiver of its own, which answers as it is told. */
  receives(answer: ReceiverAnswer): Promise<string>;
}

/** @param use has the attacker until it returns; then its process is ended. */
export async function withAttacker(lab: Lab, use: (attacker: Attacker) => Promise<void>): Promise<void> {
  const child = startChild<AttackerHandlers>(join(__dirname, 'attacker', 'process.js'));
  try {
    await use(await makeAttacker(lab, child));
  } finally {
    await child.call('stop').catch(() => undefined);
    await child.stop();
  }
}

async function makeAttacker(lab: Lab, child: Child<AttackerHandlers>): Promise<Attacker> {
  const tenant = await makeTenant(lab, { isJudged: false });
  const subscriberKey = await makeSubscriberKey(lab, tenant);
  return {
    ...tenant,
    subscriberKey,
    topic: `${lab.journal.name}-attacker`,
    child,
    callOf: (method, path, body) => callOf(subscriberKey, method, path, body),
    publishOf: ({ topic, type = 'changed', changes = ['id1'] }) =>
      callOf(tenant.producerKey, 'POST', '/api/publish', {
        ...{ event_source: 'faults', event_topic: topic, event_type: type, event_status: '1', changes },
      }),
    receives: async (answer) => `http://127.0.0.1:${await child.call('receive', answer)}/`,
    floods: (of, flood) => async () => {
      const report = child.call('flood', { urls: urlsOf(of), ...flood });
      return async () => {
        await child.call('stop');
        of.figure(`attacker ${describe(await report)}`);
      };
    },
  };
}

export function urlsOf({ stack }: Lab): string[] {
  return stack.apis.map(({ url }) => url);
}

function describe({ statuses, p50Ms, p99Ms, firstRefusal }: FloodReport): string {
  const counts = Object.entries(statuses).map(([status, count]) => `${count} x ${status}`);
  const answers = `${counts.join(', ')}; p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms`;
  return firstRefusal === null ? answers : `${answers}; first refusal: ${firstRefusal.replaceAll(/\s+/g, ' ')}`;
}
