import type { Target } from '../../driver/producer';
import type { Behaviour, Callback, Reply } from '../../driver/receiver';
import { makeTenant, putTopic, registerPush, subscribe, type Tenant } from '../../driver/scene';
import type { Lab } from '../../lab';
import { type Repeated, repeat } from './repeat';

const RETRY_SOON = Array(50).fill(2);
/** What failed once waits so long: as many workflows of their own are open as are published meanwhile. */
const RETRY_LATE_S = 60;
/** In five minutes twice; its lane is probed until 40 s after it is back. */
const AWAY = { everyMs: 150_000, fromMs: 30_000, toMs: 90_000 };
const STOPS_EVERY_MS = 60_000;
const FAILS_EVERY_MS = 25_000;
const ACTIVATE_EVERY_MS = 10_000;

const answersLate = (): Behaviour => () => ({ delayMs: 700 });
const failsNowAndThen =
  (): Behaviour =>
  ({ number }) => ({ status: number % 7 === 0 ? 503 : 200 });
/** By the clock, not by number: what has gathered behind a failure must not be what the next one waits for. */
function stopsNowAndThen(): Behaviour {
  const isStopDue = onceEvery(STOPS_EVERY_MS);
  const isFailureDue = onceEvery(FAILS_EVERY_MS);
  return () => {
    // After 410 a push task stands until it is activated.
    if (isStopDue()) return { status: 410 };
    return { status: isFailureDue() ? 503 : 200 };
  };
}

function onceEvery(everyMs: number): () => boolean {
  let dueMs = performance.now() + everyMs;
  return () => {
    if (performance.now() < dueMs) return false;
    dueMs = performance.now() + everyMs;
    return true;
  };
}

/** Every delivery once 400, which says nothing against its receiver. */
function refusesOnce(): Behaviour {
  const refused = new Set<string>();
  return ({ deliveryId }: Callback): Reply => {
    if (refused.delete(deliveryId)) return {};
    refused.add(deliveryId);
    return { status: 400 };
  };
}

function awayAtTimes(): Behaviour {
  const startMs = performance.now();
  return () => {
    const phaseMs = (performance.now() - startMs) % AWAY.everyMs;
    return { status: phaseMs >= AWAY.fromMs && phaseMs < AWAY.toMs ? 503 : 200 };
  };
}

/** Native subscriptions that stand throughout, each of a topic of its own; `share`: of the events, in sixteenths. */
const NATIVE: readonly { name: string; share: number; behaviour?: () => Behaviour; more?: object }[] = [
  { name: 'prompt', share: 5 },
  { name: 'slow', share: 1, behaviour: answersLate },
  { name: 'failing', share: 2, behaviour: failsNowAndThen },
  { name: 'refusing', share: 1, behaviour: refusesOnce, more: { retry: [RETRY_LATE_S, ...RETRY_SOON.slice(1)] } },
  { name: 'away', share: 2, behaviour: awayAtTimes, more: { retry: Array(50).fill(10) } },
];

export interface Standing {
  tenant: Tenant;
  /** To be published to in turn. */
  targets: Target[];
  activation: Repeated;
}

/** Two tenants, the second of whom sees its own events only. */
export async function makeStanding(lab: Lab): Promise<Standing> {
  const { receiver, operator, journal } = lab;
  const [tenant, other] = [await makeTenant(lab), await makeTenant(lab)];
  const targets: Target[] = [];
  const topicOf = (name: string) => `${journal.name}-${name}`;
  for (const { name, share, behaviour, more } of NATIVE) {
    const topic = topicOf(name);
    await putTopic(lab, topic);
    const { path } = await subscribe(lab, tenant, {
      ...{ name, topics: [topic], retry: RETRY_SOON, timeoutMs: 5000 },
      ...more,
    });
    if (behaviour) receiver.on(path, behaviour());
    targets.push(...Array.from({ length: share }, () => ({ ...tenant, topic })));
  }
  const prompt = topicOf('prompt');
  await subscribe(lab, other, { name: 'other', topics: [prompt], retry: RETRY_SOON, timeoutMs: 5000 });
  targets.push({ ...other, topic: prompt });

  const topics = [topicOf('push-a'), topicOf('push-b')];
  for (const topic of topics) await putTopic(lab, topic);
  const { path } = await registerPush(lab, tenant, { name: 'push', topics });
  receiver.on(path, stopsNowAndThen());
  targets.push(
    ...topics.flatMap((topic) => [
      { ...tenant, topic },
      { ...tenant, topic },
    ]),
  );

  const { tenantId, appId } = tenant;
  const activate = () => operator.call('POST', '/topics/activate', { tenantId, appId });
  return { tenant, targets: spread(targets), activation: repeat(activate, { pauseMs: ACTIVATE_EVERY_MS }) };
}

/** Those of one topic not one after another. */
function spread(targets: readonly Target[]): Target[] {
  const half = Math.ceil(targets.length / 2);
  return targets.slice(0, half).flatMap((target, index) => [target, ...targets.slice(half + index, half + index + 1)]);
}
