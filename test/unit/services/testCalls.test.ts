import { createRateLimit } from '../../../src/api/rateLimit';
import type { Caller } from '../../../src/services/caller';
import type { CallOut } from '../../../src/services/callOut';
import { createTestCalls, TEST_CALLS_PER_KEY, type TestCallsOptions } from '../../../src/services/testCalls';

const callerOf = (tenantId: string, keyId = `key of ${tenantId}`): Caller => ({
  ...{ keyId, tenantId, appId: 'app', roles: ['subscriber'], subject: null },
});
const REQUEST = { url: 'http://192.0.2.1/', headers: {}, body: '', timeoutMs: 1 };

/** Calls that hang until they are told to end. */
function hangingCalls() {
  const hanging: { url: string; end(): void }[] = [];
  const callOut: CallOut = {
    post: ({ url }) =>
      new Promise((resolve) => {
        hanging.push({
          url,
          end: () => resolve({ statusCode: 200, fault: null, body: new Uint8Array(0), redirect: null }),
        });
      }),
    connect: async () => null,
  };
  return { hanging, callOut };
}

const testCalls = (options: Partial<TestCallsOptions>) =>
  createTestCalls({
    callOut: hangingCalls().callOut,
    quota: createRateLimit(TEST_CALLS_PER_KEY),
    startWithinMs: 20,
    failsAfterMs: 0,
    ...options,
  });

test('a key has so many at once after a rest, and then so many a second', () => {
  let nowMs = 0;
  const { perSecond, burst } = TEST_CALLS_PER_KEY;
  const { pay } = testCalls({ quota: createRateLimit({ ...TEST_CALLS_PER_KEY, nowMs: () => nowMs }) });
  const caller = callerOf('a');
  pay(caller, burst);
  expect(() => pay(caller, 1)).toThrow(expect.objectContaining({ status: 429, retryAfterS: 1 / perSecond }));
  expect(() => pay(caller, 1)).toThrow(`${perSecond} test calls a second`);
  pay(callerOf('a', 'another key'), 1);
  nowMs += 1000;
  pay(caller, perSecond);
  expect(() => pay(caller, 1)).toThrow('too many test calls');
});

test('one tenant alone has half of the slots; who finds none in time is told so, and another tenant has some', async () => {
  const { hanging, callOut } = hangingCalls();
  const { post } = testCalls({ callOut, slots: 8 });
  const held = Array.from({ length: 6 }, () => post(callerOf('attacker'), REQUEST).catch((error) => error));
  const victim = post(callerOf('victim'), { ...REQUEST, url: 'http://192.0.2.2/' });
  const refused = (await Promise.race(held)) as Error;
  expect(refused).toMatchObject({ status: 429, message: expect.stringContaining('of this tenant') });
  expect(hanging.map(({ url }) => url).sort()).toEqual([...Array(4).fill(REQUEST.url), 'http://192.0.2.2/']);
  for (const { end } of hanging) end();
  expect(await victim).toMatchObject({ statusCode: 200 });
});

test.each([
  ['refused at once', async () => ({ fault: 'egress' as const })],
  ['a closed port', () => new Promise<{ fault: 'refused' }>((resolve) => setTimeout(resolve, 5, { fault: 'refused' }))],
])('%s is answered as every other failure, and no sooner', async (_, connect) => {
  const callOut: CallOut = {
    post: async () => ({ statusCode: null, fault: 'refused', body: new Uint8Array(0), redirect: null }),
    connect,
  };
  const { connect: tryConnect, post } = testCalls({ callOut, failsAfterMs: 60 });
  jest.useFakeTimers();
  const answers: boolean[] = [];
  void tryConnect(callerOf('a'), REQUEST).then((isConnected) => answers.push(isConnected));
  await jest.advanceTimersByTimeAsync(59);
  expect(answers).toEqual([]);
  await jest.advanceTimersByTimeAsync(1);
  expect(answers).toEqual([false]);
  jest.useRealTimers();
  expect(await post(callerOf('a'), REQUEST)).toEqual({ statusCode: null, body: new Uint8Array(0), redirect: null });
});
