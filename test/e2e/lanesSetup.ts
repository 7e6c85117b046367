import { Agent, request } from 'undici';
import { waitFor } from '../../src/embedded/processes';
import { type Account, type Caller, makeSubscription, must } from '../support/api';
import type { Hit } from '../support/receiver';
import { query } from './topologySetup';

export interface OrderedLane {
  subscriptionId: string;
  laneId: string;
}

/** An ordered subscription of the account to its topic; anything of the body can be given. */
export async function makeOrderedLane(
  account: Account,
  { historyRequired = false, ...body }: { callbackUrl: string; historyRequired?: boolean } & Record<string, unknown>,
): Promise<OrderedLane> {
  const { operator, topic } = account;
  await must(operator, 'PUT', `/v1/topics/${topic}`, { name: topic, historyRequired });
  const { id: subscriptionId } = await makeSubscription(account, { ordered: true, historyRequired, ...body });
  const lanes: { id: string; subscriptionId: string }[] = (await must(operator, 'GET', '/v1/lanes?limit=500')).data;
  const laneId = lanes.find((lane) => lane.subscriptionId === subscriptionId)?.id ?? '';
  return { subscriptionId, laneId };
}

/** Resolves when the lane is as it should be; rejects saying how it is. */
export async function waitForLane(
  operator: Caller,
  { laneId, state, waiting }: { laneId: string; state: string; waiting: number },
): Promise<void> {
  const read = () => must(operator, 'GET', `/v1/lanes/${laneId}`);
  const condition = async () => {
    const lane = await read();
    return lane.state === state && lane.waiting === waiting;
  };
  if (await waitFor({ condition, timeoutMs: 30_000 })) return;
  throw new Error(`the lane is not ${state} with ${waiting}: ${JSON.stringify(await read())}`);
}

/**
 * Publishes on many connections, on each one after the other; an event's key names its publisher and its turn, as `3-17`.
 * `onTurn` is called with how many were answered.
 */
export async function publishInTurns(
  callers: Caller[],
  { topic, count, onTurn = () => undefined }: { topic: string; count: number; onTurn?: (answered: number) => void },
): Promise<void> {
  // Of thousands, fetch takes most of the time.
  const dispatcher = new Agent({ connections: callers.length });
  let sent = 0;
  let answered = 0;
  const publishOn = async ({ url, key }: Caller, publisher: number) => {
    for (let turn = 1; sent < count; turn++) {
      sent++;
      const event = { event_source: 'test', event_topic: topic, event_type: 'changed', event_status: '1' };
      const { statusCode, body } = await request(`${url}/api/publish`, {
        dispatcher,
        method: 'POST',
        headers: { authorization: key, 'content-type': 'application/json' },
        body: JSON.stringify({ ...event, event_key: `${publisher}-${turn}`, changes: ['id1'] }),
      });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`publish: ${statusCode} ${text}`);
      onTurn(++answered);
    }
  };
  try {
    await Promise.all(callers.map(publishOn));
  } finally {
    await dispatcher.destroy();
  }
}

/** Places in its lane of what arrived, from 1, in order of arrival, repeats included. */
export async function arrivedPlaces(
  hits: readonly Hit[],
  { databaseUrl, subscriptionId, topic }: { databaseUrl: string; subscriptionId: string; topic: string },
): Promise<number[]> {
  const rows = await query<{ id: string; lane_number: string }>(
    databaseUrl,
    `SELECT id, lane_number FROM deliveries WHERE subscription_id = '${subscriptionId}' AND topic = '${topic}'`,
  );
  const places = new Map(rows.map(({ id, lane_number }) => [id, Number(lane_number)]));
  return hits.map(({ headers }) => places.get(String(headers['webhook-id'])) ?? Number.NaN);
}

/** What arrived of each publisher came in the order in which that publisher sent it. Takes events' keys, without repeats. */
export function expectPublishersOrder(keys: string[]): void {
  const turns = new Map<string, number[]>();
  for (const key of keys) {
    const [publisher = '', turn] = key.split('-');
    turns.set(publisher, [...(turns.get(publisher) ?? []), Number(turn)]);
  }
  for (const [publisher, came] of turns) expect([publisher, ...came]).toEqual([publisher, ...places(came.length)]);
}

/** 1 to `count`. */
export function places(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
