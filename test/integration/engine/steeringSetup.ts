import { setTimeout as sleep } from 'node:timers/promises';
import { sweepCancellations } from '../../../src/db/sweeping/sweepCancellations';
import { signatureHeaders } from '../../../src/outbound/sign';
import type { Installation, SubscribeInput } from '../../support/engine';
import { OPERATOR, TENANT, waitFor } from '../../support/engine';
import type { Hit, Receiver } from '../../support/receiver';
import { deliveriesOf } from './rows';

export type Node = Awaited<ReturnType<Installation['startNode']>>;

/** Design: from its answer on in the process that answered, a second later in any other. */
const OTHERS_FOLLOW_WITHIN_MS = 1000;
/** Longer than it takes to steer on a busy machine: the calls that are held do not end before. */
const CALL_MS = 30_000;
const HELD_WITHIN_MS = CALL_MS - 5000;
/** What found no turn in time is carried on when its claim has run out, 30 s and its call's time after it was made. */
const CARRIED_ON_WITHIN_MS = 2 * (CALL_MS + 30_000);
const GRANTING_TENANT = 'rival';
const APP = { tenantId: TENANT, appId: 'shop' };
const ANYWHERE = { kind: 'all' } as const;

/** Deliveries that a process has read and not sent, while the calls before them are under way. */
export interface Waiting {
  subscriptionIds: string[];
  path: string;
  movedPath: string;
  /** Publishers of this tenant made the events. */
  tenantId: string;
  /** Hits on the path when nothing more can begin before `release`. */
  callsBefore: number;
  /** The secrets that the calls until now were signed with. */
  secrets: string[];
  release(): void;
}

interface Setting {
  subscriptions: number;
  events: number;
  settings: Partial<SubscribeInput>;
  /** Accepted while it is paused, so that its lane finds all of them at once. */
  isPausedFirst: boolean;
  /** Answered at once, before the others are held. */
  answered: number;
  held: number;
}

/** Where deliveries wait, and how many calls are under way then. */
export const SETTINGS = {
  'queued at the gate': {
    subscriptions: 1,
    events: 4,
    settings: { maxInFlight: 1 },
    isPausedFirst: false,
    answered: 0,
    held: 1,
  },
  'in order': {
    subscriptions: 1,
    events: 4,
    settings: { ordered: true, historyRequired: false },
    isPausedFirst: true,
    answered: 0,
    held: 1,
  },
  'behind its lane': {
    subscriptions: 1,
    events: 8,
    settings: { maxInFlight: 2 },
    isPausedFirst: true,
    answered: 2,
    held: 2,
  },
  'in a large fan-out': {
    subscriptions: 3,
    events: 2,
    settings: { maxInFlight: 1 },
    isPausedFirst: false,
    answered: 0,
    held: 3,
  },
} satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
/** The first match is written with the event, the others by its workflow, all at once. */
export const FAN_OUT = { atOnce: 1, page: 8 };

let made = 0;

export async function makeWaiting(
  { installation, receiver, node }: { installation: Installation; receiver: Receiver; node: Node },
  { setting, tenantId = TENANT }: { setting: SettingName; tenantId?: string },
): Promise<Waiting> {
  const { subscriptions, events, settings, isPausedFirst, answered, held } = SETTINGS[setting];
  const name = `steered-${++made}`;
  const path = `/${name}`;
  const movedPath = `/moved-${name}`;
  await installation.knex('topics').insert({ topic: name, name });
  let release = () => undefined as undefined;
  const released = new Promise<void>((resolve) => {
    release = () => void resolve();
  });
  receiver.on(path, (number) => (number <= answered ? {} : { after: released }));

  const subscriptionIds: string[] = [];
  for (let count = 0; count < subscriptions; count++) {
    const callbackUrl = receiver.url(path);
    subscriptionIds.push(
      await node.subscribe({ callbackUrl, topics: [name], retry: [1], timeoutMs: CALL_MS, ...settings }),
    );
  }
  const [first = ''] = subscriptionIds;
  if (isPausedFirst) await node.pause(first);
  for (let count = 0; count < events; count++) await node.publish({ tenantId, topic: name });
  if (isPausedFirst) await node.resume(first);
  const callsBefore = answered + held;
  await receiver.waitForHits(path, callsBefore, { timeoutMs: HELD_WITHIN_MS });
  await waitForRows(installation, subscriptionIds, subscriptions * events);
  const secrets = await Promise.all(
    subscriptionIds.map(async (id) => (await node.services.subscriptions.readSecrets({ id, scope: ANYWHERE })).secret),
  );
  return { subscriptionIds, path, movedPath, tenantId, callsBefore, secrets, release };
}

/** A large fan-out writes them after the answer. */
async function waitForRows({ knex }: Installation, subscriptionIds: string[], count: number): Promise<void> {
  await waitFor(
    async () => {
      const [row] = await knex('deliveries').whereIn('subscription_id', subscriptionIds).count();
      return Number(row?.count) === count || undefined;
    },
    { what: `${count} deliveries`, timeoutMs: HELD_WITHIN_MS },
  );
}

export interface Act {
  /** Who publishes: a grant is of another tenant. */
  tenantId?: string;
  /** Before the subscriptions are made. */
  prepare?(by: Node): Promise<unknown>;
  /** Only where deliveries wait so. */
  only?: SettingName;
  /** What becomes of the deliveries that wait. */
  outcome: 'cancelled' | 'delivered' | 'kept';
  steer(by: Node, waiting: Waiting & { subscriptionId: string; installation: Installation }): Promise<unknown>;
  /** Takes it back, for what is kept. */
  goOn?(by: Node, waiting: Waiting & { subscriptionId: string; installation: Installation }): Promise<unknown>;
  /** Whether a call contradicts the act. Default: every call to the old address does. */
  contradicts?(hit: Hit, waiting: Waiting): Promise<boolean>;
}

const change = (by: Node, id: string, to: { callbackUrl?: string; topics?: string[] }) =>
  by.services.subscriptions.change({ id, scope: ANYWHERE }, to);

export const acts = (receiver: Receiver): Record<string, Act> => ({
  delete: { outcome: 'cancelled', steer: (by, { subscriptionId }) => by.deleteSubscription(subscriptionId) },
  pause: {
    outcome: 'kept',
    steer: (by, { subscriptionId }) => by.pause(subscriptionId),
    goOn: (by, { subscriptionId }) => by.resume(subscriptionId),
  },
  'PATCH of the address': {
    outcome: 'delivered',
    steer: (by, { subscriptionId, movedPath }) => change(by, subscriptionId, { callbackUrl: receiver.url(movedPath) }),
  },
  'PATCH of the topics': {
    outcome: 'cancelled',
    steer: (by, { subscriptionId }) => change(by, subscriptionId, { topics: ['hs'] }),
  },
  'rotate without overlap': {
    outcome: 'delivered',
    steer: (by, { subscriptionId }) =>
      by.services.subscriptions.rotateSecret({ id: subscriptionId, scope: ANYWHERE }, { overlapSeconds: 0 }),
    contradicts: async (hit, { secrets }) => secrets.some((secret) => isSignedWith(hit, secret)),
  },
  cancel: {
    outcome: 'cancelled',
    async steer(by, { subscriptionId, installation, path }) {
      const sent = new Set(receiver.hits(path).map(({ headers }) => headers['webhook-id']));
      for (const { id } of await deliveriesOf(installation.knex, subscriptionId))
        if (!sent.has(id)) await by.cancel(id);
    },
  },
  'withdrawal of the grant': {
    tenantId: GRANTING_TENANT,
    outcome: 'cancelled',
    prepare: (by) => by.services.grants.create(OPERATOR, APP, GRANTING_TENANT),
    // One grant is of all subscriptions of the app.
    steer: (by) => by.services.grants.withdraw(OPERATOR, APP, GRANTING_TENANT).catch(ignoreSecond),
  },
  stop: {
    only: 'in order',
    outcome: 'kept',
    steer: async (by, { subscriptionId, installation }) => by.stopLane(await laneOf(installation, subscriptionId)),
    goOn: async (by, { subscriptionId, installation }) => by.activate([await laneOf(installation, subscriptionId)]),
  },
});

async function laneOf({ knex }: Installation, subscriptionId: string): Promise<string> {
  const { id } = await knex('lanes').where({ subscription_id: subscriptionId }).first('id');
  return id;
}

function ignoreSecond(error: unknown): void {
  if (!(error instanceof Error && error.message.includes('grant'))) throw error;
}

function isSignedWith({ headers, body }: Hit, secret: string): boolean {
  const [id, timestamp, signature] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    String(headers[name]),
  );
  const expected = signatureHeaders({ id: String(id), body, timestampS: Number(timestamp), secrets: [secret] });
  return String(signature).split(' ').includes(expected['webhook-signature']);
}

interface Steered {
  installation: Installation;
  receiver: Receiver;
  /** Makes the calls. */
  node: Node;
  /** Answers the steering call. */
  by: Node;
}

/**
 * Steers while deliveries wait, then lets the calls before them end. Nothing can begin before that, so every call after
 * those began after the answer.
 *
 * @returns how many calls contradict the act.
 */
export async function contradictingCalls(
  { installation, receiver, node, by }: Steered,
  { act, setting }: { act: Act; setting: SettingName },
): Promise<number> {
  await act.prepare?.(by);
  const waiting = await makeWaiting({ installation, receiver, node }, { setting, tenantId: act.tenantId });
  const { subscriptionIds, path, callsBefore, release } = waiting;
  for (const subscriptionId of subscriptionIds) await act.steer(by, { ...waiting, subscriptionId, installation });
  if (by !== node) await sleep(OTHERS_FOLLOW_WITHIN_MS);
  release();
  const all = SETTINGS[setting].events * subscriptionIds.length;
  await waitForAttempts(installation, { subscriptionIds, count: act.outcome === 'delivered' ? all : callsBefore });
  if (act.outcome === 'cancelled') {
    // The call writes one page of what it cancels; here the app soon has more subscriptions than that, which is reconcile's.
    await sweepCancellations(installation.knex, () => true);
    await waitForPending(installation, subscriptionIds, 0);
  }
  await node.engine.idle();
  const after = receiver.hits(path).slice(callsBefore);
  const contradicting = await Promise.all(after.map((hit) => act.contradicts?.(hit, waiting) ?? true));
  if (act.outcome === 'kept') {
    for (const subscriptionId of subscriptionIds) await act.goOn?.(by, { ...waiting, subscriptionId, installation });
    await waitForPending(installation, subscriptionIds, 0);
    await waitForAttempts(installation, { subscriptionIds, count: all });
  }
  return contradicting.filter(Boolean).length;
}

export async function waitForAttempts(
  { knex }: Installation,
  { subscriptionIds, count }: { subscriptionIds: string[]; count: number },
): Promise<void> {
  let seen = 0;
  await waitFor(
    async () => {
      const [row] = await knex('attempts as a')
        .join('deliveries as d', 'd.id', 'a.delivery_id')
        .whereIn('d.subscription_id', subscriptionIds)
        .count();
      seen = Number(row?.count);
      return seen >= count || undefined;
    },
    { what: () => `${count} attempts; there are ${seen}`, timeoutMs: CARRIED_ON_WITHIN_MS },
  );
}

async function waitForPending({ knex }: Installation, subscriptionIds: string[], count: number): Promise<void> {
  let seen = 0;
  await waitFor(
    async () => {
      const [row] = await knex('deliveries')
        .whereIn('subscription_id', subscriptionIds)
        .where({ state: 'pending' })
        .count();
      seen = Number(row?.count);
      return seen === count || undefined;
    },
    { what: () => `${count} that are pending; there are ${seen}`, timeoutMs: CARRIED_ON_WITHIN_MS },
  );
}
