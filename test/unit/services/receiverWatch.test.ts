import { isSuccess } from '../../../src/domain/judgement';
import type { AttemptTarget, CallResult } from '../../../src/services/attempts/attempt';
import { OwnWorkflowWatch } from '../../../src/services/attempts/ownWorkflowWatch';
import { ReceiverWatch } from '../../../src/services/attempts/receiverWatch';

const targetOf = (id: string) => ({ id }) as AttemptTarget;
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Lanes as PostgreSQL would hold them. */
function watchedLanes() {
  const sick = new Set<string>();
  const told: string[] = [];
  let isBroken = false;
  const receivers = new ReceiverWatch({
    async markSick({ subscriptionId, probeInMs }) {
      if (isBroken) throw new Error('PostgreSQL is away');
      if (sick.has(subscriptionId)) return false;
      sick.add(subscriptionId);
      told.push(`${subscriptionId} in ${probeInMs}`);
      return true;
    },
    endSickness: async (subscriptionId) => sick.delete(subscriptionId),
    onSick: ({ id }) => told.push(`sick ${id}`),
    onRecovered: ({ id }) => told.push(`recovered ${id}`),
    onFault: (_, id) => told.push(`fault ${id}`),
  });
  const observe = (id: string, statusCode: number | null, more: Partial<CallResult> = {}, isRefusing = false) =>
    receivers.observe(
      {
        target: targetOf(id),
        result: {
          statusCode,
          isAcknowledged: statusCode !== null && isSuccess(statusCode),
          fault: null,
          error: null,
          retryAfterMs: null,
          responseExcerpt: null,
          durationMs: 1,
          undecidedMs: 0,
          ...more,
        },
      },
      isRefusing,
    );
  return {
    receivers,
    sick,
    told,
    observe,
    fail(value: boolean) {
      isBroken = value;
    },
  };
}

test('five absences in a row of one subscription, whatever they are', async () => {
  const { observe, told } = watchedLanes();
  for (const status of [500, 503, 504]) observe('a', status);
  observe('b', 500);
  observe('a', null, { fault: 'refused' });
  await settled();
  expect(told).toEqual([]);
  observe('a', null, { fault: 'timeout', retryAfterMs: 20_000 });
  await settled();
  expect(told).toEqual(['a in 20000', 'sick a']);
});

test.each([200, 400, 302])('%i in between starts the count over', async (status) => {
  const { observe, told } = watchedLanes();
  for (let i = 0; i < 20; i++) observe('a', i % 5 === 4 ? status : 503);
  await settled();
  expect(told).toEqual([]);
});

test('429 neither counts nor starts the count over, but from one that has answered nothing else for minutes', async () => {
  const { observe, told } = watchedLanes();
  for (let i = 0; i < 4; i++) observe('a', 500);
  for (let i = 0; i < 9; i++) observe('a', 429);
  await settled();
  expect(told).toEqual([]);
  observe('a', 429, {}, true);
  await settled();
  expect(told).toContain('sick a');
});

test('a refusal of ours neither counts nor starts the count over', async () => {
  const { observe, told } = watchedLanes();
  for (let i = 0; i < 4; i++) observe('a', 500);
  for (let i = 0; i < 9; i++) observe('a', null, { fault: 'egress' });
  await settled();
  expect(told).toEqual([]);
  observe('a', 500);
  await settled();
  expect(told).toContain('sick a');
});

test('an answer right after the fifth absence finds the lane sick and ends that', async () => {
  const { observe, told, sick } = watchedLanes();
  for (let i = 0; i < 5; i++) observe('a', 500);
  observe('a', 200);
  await settled();
  expect(told.slice(1)).toEqual(['sick a', 'recovered a']);
  expect(sick.size).toBe(0);
  observe('a', 200);
  await settled();
  expect(told).toHaveLength(3);
});

test('what another process found sick is ended by an answer here', async () => {
  const { receivers, observe, told, sick } = watchedLanes();
  sick.add('a');
  receivers.knowSick('a');
  observe('a', 200);
  await settled();
  expect(told).toEqual(['recovered a']);
});

test('a write that fails is repeated at the tenth', async () => {
  const { observe, told, fail } = watchedLanes();
  fail(true);
  for (let i = 0; i < 5; i++) observe('a', 500);
  await settled();
  expect(told).toEqual(['fault a']);
  fail(false);
  for (let i = 0; i < 5; i++) observe('a', 500);
  await settled();
  expect(told.at(-1)).toBe('sick a');
});

test('PostgreSQL is asked once for a hundred deliveries that get workflows of their own', async () => {
  const asked: string[] = [];
  const relieved: string[] = [];
  const watch = new OwnWorkflowWatch({
    async relieve(subscriptionId) {
      asked.push(subscriptionId);
      return asked.length === 3;
    },
    onRelieved: ({ id }) => relieved.push(id),
    onFault: () => undefined,
  });
  for (let i = 0; i < 299; i++) watch.add(targetOf('a'));
  for (let i = 0; i < 99; i++) watch.add(targetOf('b'));
  await settled();
  expect(asked).toEqual(['a', 'a']);
  watch.add(targetOf('a'));
  await settled();
  expect(asked).toHaveLength(3);
  expect(relieved).toEqual(['a']);
});
