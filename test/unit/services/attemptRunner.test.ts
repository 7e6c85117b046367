import type { DeliveryToAttempt, Settled } from '../../../src/domain/delivery';
import type { AttemptTarget, CallResult, Unsent } from '../../../src/services/attempts/attempt';
import { AttemptRunner } from '../../../src/services/attempts/attemptRunner';
import { Gate } from '../../../src/services/attempts/gate';
import { OutcomeRecorder } from '../../../src/services/attempts/outcomeRecorder';
import { SteeringMemory } from '../../../src/services/steering/steeringMemory';

const STEERED = [{ subscriptionId: 's' }];
const ACKNOWLEDGED: CallResult = {
  ...{ statusCode: 200, isAcknowledged: true, fault: null, error: null, retryAfterMs: null },
  ...{ responseExcerpt: null, durationMs: 1, undecidedMs: 0 },
};

const delivery: DeliveryToAttempt = {
  ...{
    deliveryId: 'd',
    generation: 1,
    attempt: 1,
    failures: 0,
    subscriptionId: 's',
    subscriptionVersion: 1,
    topic: 'gs',
  },
  event: {
    ...{ id: 'e', tenantId: 'acme', source: 'test', topic: 'gs', type: 'cert', status: '1', key: 'k', changes: '[]' },
    acceptedAt: new Date(0),
  },
};

/** One subscription, whose host has its version in its name. */
function targetOf(version: number): AttemptTarget {
  const host = `v${version}.test`;
  return {
    ...{
      id: 's',
      interface: 'native',
      tenantId: 'acme',
      appId: 'shop',
      callbackUrl: `http://${host}/`,
      callbackHost: host,
    },
    ...{ timeoutMs: 1000, retry: [1], maxInFlight: 1, interfaceData: {}, secrets: [] },
  };
}

function start({ isFresh = true, valid = 2 as number | null } = {}) {
  const memory = new SteeringMemory();
  const gate = new Gate<Unsent>();
  const called: string[] = [];
  const asked: string[] = [];
  let withheld = 0;
  /** While a call has its connection made. */
  let connecting = async () => {};
  const runner = new AttemptRunner({
    gate,
    recorder: new OutcomeRecorder({
      write: async ([outcome]): Promise<Settled[]> => [
        {
          deliveryId: outcome?.deliveryId ?? '',
          state: 'delivered',
          nextAttemptAt: null,
          behindLane: false,
          wokeLane: false,
        },
      ],
      isContentError: () => false,
      isLockTimeout: () => false,
      onWriteError: () => undefined,
    }),
    target: async (_id, version) => targetOf(version),
    steering: {
      now: () => memory.now(),
      hasSteered: (target, seen) => memory.hasSteered(target, seen),
      mayBegin: (target, seen) => isFresh && !memory.hasSteered(target, seen),
      fresh: async () => isFresh,
    },
    async revalidate({ deliveryId }) {
      asked.push(deliveryId);
      return valid;
    },
    async call(target, _delivery, { mayBegin }) {
      await connecting();
      if (!mayBegin()) return 'withheld';
      called.push(target.callbackHost);
      return ACKNOWLEDGED;
    },
    onWithheld: () => {
      withheld++;
    },
    onUnsent: () => undefined,
    cancel: async () => undefined,
    isTooEarly: () => false,
    onAttempted: () => undefined,
    onEnded: () => undefined,
    onFault: (error) => {
      throw error;
    },
  });
  return {
    memory,
    gate,
    runner,
    called,
    asked,
    withheld: () => withheld,
    onConnecting(once: () => void) {
      connecting = async () => {
        connecting = async () => {};
        once();
      };
    },
  };
}

test('what was steered while it waited for its turn calls whom the subscription names by then', async () => {
  const { memory, gate, runner, called, asked } = start();
  const other = {
    host: 'v1.test',
    tenantId: 't',
    subscriptionId: 's',
    sharing: { id: 's', maxInFlight: 1, timeoutMs: 0 },
    enteredAtMs: 0,
    start() {},
    delivery,
    drop() {},
  };
  gate.enter(other);
  const { ended } = runner.start(delivery, { seen: memory.now(), sendWithinMs: 10_000 });
  await new Promise(setImmediate);
  memory.apply(STEERED);
  gate.leave(other);
  expect(await ended).toMatchObject({ kind: 'ended' });
  expect(called).toEqual(['v2.test']);
  expect(asked).toEqual(['d']);
});

test('what was steered while its connection was made is asked for again, and sent once', async () => {
  const { memory, runner, called, withheld, onConnecting } = start();
  onConnecting(() => memory.apply(STEERED));
  expect(await runner.start(delivery, { seen: memory.now(), sendWithinMs: 10_000 }).ended).toMatchObject({
    kind: 'ended',
  });
  expect(called).toEqual(['v2.test']);
  expect(withheld()).toBe(1);
});

test('what may not be sent any more is not, and lets go of its place', async () => {
  const { memory, gate, runner, called } = start({ valid: null });
  const seen = memory.now();
  memory.apply(STEERED);
  expect(await runner.start(delivery, { seen, sendWithinMs: 10_000 }).ended).toEqual({ kind: 'unsent' });
  expect(called).toEqual([]);
  expect(gate.inFlightOf('s')).toBe(0);
});

test('what was steered before it was claimed asks nobody', async () => {
  const { memory, runner, called, asked } = start();
  memory.apply(STEERED);
  await runner.start(delivery, { seen: memory.now(), sendWithinMs: 10_000 }).ended;
  expect(called).toEqual(['v1.test']);
  expect(asked).toEqual([]);
});

test('nothing is sent while nobody can say what was steered lately', async () => {
  const { memory, runner, called } = start({ isFresh: false });
  const { ended } = runner.start(delivery, { seen: memory.now(), sendWithinMs: 10_000 });
  expect(await ended).toEqual({ kind: 'unsent' });
  expect(called).toEqual([]);
});

test('who holds a lane is told, and decides', async () => {
  const { memory, runner, called, asked } = start();
  const seen = memory.now();
  memory.apply(STEERED);
  expect(await runner.attemptUnrecorded(delivery, { seen, enterWithinMs: 1000 })).toBe('steered');
  expect([called, asked]).toEqual([[], []]);
});
