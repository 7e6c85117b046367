import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../src/embedded/processes';
import { BESIDE, type Callback } from '../driver/receiver';
import { makeSubscriberKey, makeTenant, putTopic, type Tenant } from '../driver/scene';
import type { Lab } from '../lab';
import { ask, asked, callOf } from './ask';
import type { FloodCall } from './attacker/flood';

/** Enough that many wait for their turn when the act is answered. */
const EVENTS = 300;
const MAX_IN_FLIGHT = 20;
/** So fifty are called a second, and what waits has been claimed for calls that are to come. */
const ANSWERED_AFTER_MS = 400;
/** Callbacks before the act: all places are taken, and the rest waits. */
const BEFORE = 2 * MAX_IN_FLIGHT;
const STARTED_WITHIN_MS = 30_000;
/** After the act, in which nothing may come. */
const WATCHED_MS = 5000;
/** From a call's first byte to its arrival here, on a machine where everything waits for its turn. */
const HOP_MS = 250;
/** In which a process that did not answer the act hears of it. */
const HEARD_WITHIN_MS = 1000;

/** What an act is done to: a subscription that many deliveries wait for. */
export interface Steered extends Tenant {
  subscriberKey: string;
  subscriptionId: string;
  /** Whose events it gets: its own tenant's, or those of one that granted it. */
  source: Tenant;
}

export interface Act {
  name: string;
  /** The events are those of another tenant, by a grant. */
  isGranted?: boolean;
  /** By an operator, else by the subscriber. */
  isOperators?: boolean;
  call(steered: Steered, lab: Lab): FloodCall;
  /** Which callbacks contradict it, by what it was answered with. Default: all. */
  contradicts?(answer: unknown): (callback: Callback) => boolean;
}

/** Does the act while deliveries wait, and reports the callbacks that began after its answer although it forbids them. */
export async function steer(lab: Lab, { name, isGranted = false, isOperators, ...act }: Act): Promise<void> {
  const { receiver, producer, stack } = lab;
  const path = `${BESIDE}${name.replaceAll(' ', '-')}`;
  const callbacks: Callback[] = [];
  receiver.on(path, (callback) => {
    callbacks.push(callback);
    return { delayMs: ANSWERED_AFTER_MS };
  });
  const topic = `${lab.journal.name}-${randomBytes(3).toString('hex')}`;
  const steered = await makeSteered(lab, { topic, path, isGranted });
  const publishing = producer.publishMany({ ...steered.source, topic }, EVENTS);
  const isInFullSwing = async () => callbacks.length >= BEFORE;
  await waitFor({ condition: isInFullSwing, timeoutMs: STARTED_WITHIN_MS, intervalMs: 10 });
  const call = act.call(steered, lab);
  const headers = { ...call.headers, ...(isOperators && { authorization: stack.operatorKey }) };
  const { status, body, atMs } = await ask(lab, { ...call, headers });
  if (status >= 400) throw new Error(`${name} answered ${status}: ${JSON.stringify(body)}`);
  await publishing;
  await sleep(WATCHED_MS);
  const contradicts = act.contradicts?.(body) ?? (() => true);
  const late = callbacks.filter((callback) => callback.arrivedMs > atMs && contradicts(callback));
  const allowedMs = stack.form === 'one' ? HOP_MS : HEARD_WITHIN_MS + HOP_MS;
  const lastMs = Math.max(0, ...late.map(({ arrivedMs }) => arrivedMs - atMs));
  const wrong = late.filter(({ arrivedMs }) => arrivedMs - atMs > allowedMs).length;
  const line = `${name}: ${wrong} calls later than ${allowedMs} ms after its answer (limit 0), the last ${lastMs.toFixed(0)} ms after it`;
  lab.figure(line);
  if (wrong > 0) lab.report(`disobeyed: ${line}`);
  await lab.operator.call('DELETE', `/v1/subscriptions/${steered.subscriptionId}`).catch(() => undefined);
}

async function makeSteered(
  lab: Lab,
  { topic, path, isGranted }: { topic: string; path: string; isGranted: boolean },
): Promise<Steered> {
  await putTopic(lab, topic);
  const tenant = await makeTenant(lab, { isJudged: false });
  const source = isGranted ? await makeTenant(lab, { isJudged: false }) : tenant;
  const { tenantId, appId } = tenant;
  if (isGranted) {
    await lab.operator.call('POST', `/v1/apps/${tenantId}/${appId}/grants`, { tenantId: source.tenantId });
  }
  const subscriberKey = await makeSubscriberKey(lab, tenant);
  const settings = { topics: [topic], callbackUrl: lab.receiver.urlOf(path), maxInFlight: MAX_IN_FLIGHT };
  const { id } = await asked<{ id: string }>(lab, callOf(subscriberKey, 'POST', '/v1/subscriptions', settings));
  return { ...tenant, subscriberKey, subscriptionId: id, source };
}
