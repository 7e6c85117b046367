import type { LaneInput } from '../../../src/contracts/carrying';
import type { AttemptTarget } from '../../../src/services/attempts/attempt';
import type { Workflows } from '../../../src/services/carriers/port';
import { LaneWaker } from '../../../src/services/laneWaker';

const target = (tenantId: string, id: string) => ({ id, tenantId, callbackHost: 'host' }) as AttemptTarget;

/** A Temporal that answers when it is told to. */
function slowTemporal() {
  const calls: { lane: LaneInput; answer(): void }[] = [];
  const workflows = {
    wakeLane: (lane: LaneInput) => new Promise<void>((answer) => calls.push({ lane, answer })),
  } as Partial<Workflows> as Workflows;
  const called = () => calls.map(({ lane }) => lane.subject.tenantId);
  return { calls, workflows, called };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('a tenant that wakes thousands of lanes keeps nobody waiting behind them', async () => {
  const { calls, workflows, called } = slowTemporal();
  const waker = new LaneWaker({ workflows, onFault: () => undefined });
  for (let n = 0; n < 10_000; n++) waker.wake(target('acme', `a${n}`));
  waker.wake(target('rival', 'b'));
  expect(called()).toEqual(['acme', 'acme', 'acme', 'acme', 'acme']);
  calls[0]?.answer();
  await turn();
  calls[1]?.answer();
  await turn();
  expect(called()).toContain('rival');
});

test('one call tells everything that was committed before it', async () => {
  const { calls, workflows } = slowTemporal();
  const waker = new LaneWaker({ workflows, onFault: () => undefined });
  for (let n = 0; n < 5; n++) waker.wake(target('acme', `busy${n}`));
  for (let n = 0; n < 3; n++) waker.wake(target('acme', 'one'));
  for (const { answer } of [...calls]) answer();
  await turn();
  expect(calls.map(({ lane }) => lane.subscriptionId).filter((id) => id === 'one')).toHaveLength(1);
});

test('a call that fails is reported, and the others are made', async () => {
  const faults: string[] = [];
  const woken: string[] = [];
  const workflows = {
    async wakeLane({ subscriptionId }: LaneInput) {
      if (subscriptionId === 'bad') throw new Error('away');
      woken.push(subscriptionId);
    },
  } as Partial<Workflows> as Workflows;
  const waker = new LaneWaker({ workflows, onFault: (_error, id) => faults.push(id) });
  for (const id of ['bad', 'good']) waker.wake(target('acme', id));
  await turn();
  expect([faults, woken]).toEqual([['bad'], ['good']]);
});
