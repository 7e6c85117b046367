import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { CarrierStep } from '../../../src/contracts/carrying';
import { TASK_QUEUE } from '../../../src/contracts/ids';
import { ATTEMPT, DELIVERY_STATE } from '../../../src/contracts/searchAttributes';
import { nextWaitMs, waitsOf } from '../../../src/domain/retryPolicy';
import { installRuntime } from '../../support/engine';
import { startTimeSkippingServer } from '../../support/temporal';
import { inputOf, scripted, waiting } from './script';

jest.setTimeout(60_000);

const INDEXED_VALUE_TYPE_KEYWORD = 2;
const INDEXED_VALUE_TYPE_INT = 3;
const HOUR_MS = 3_600_000;
/** What the machine takes for a step, which the server's clock counts too. */
const STEP_MS = 5000;

let env: TestWorkflowEnvironment;
let script: ReturnType<typeof scripted>;
let worker: { stop(): Promise<void> } | undefined;

beforeAll(async () => {
  installRuntime();
  env = await startTimeSkippingServer();
  // This server adds search attributes but cannot list them, which ensureSearchAttributes does first.
  await env.nativeConnection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: { Attempt: INDEXED_VALUE_TYPE_INT, DeliveryState: INDEXED_VALUE_TYPE_KEYWORD },
  });
  script = scripted(env);
  worker = await script.startWorker();
});

afterAll(async () => {
  await worker?.stop();
  await env?.teardown();
});

const start = (id: string): Promise<WorkflowHandle> =>
  env.client.workflow.start('delivery', {
    workflowId: id,
    taskQueue: TASK_QUEUE,
    args: [inputOf(id)],
    typedSearchAttributes: [
      { key: DELIVERY_STATE, value: 'pending' },
      { key: ATTEMPT, value: 1 },
    ],
  });

/** What was asked, and after how many milliseconds. */
function timeline(id: string): [string, number][] {
  const asked = script.asked(id);
  return asked.map(({ what, atMs }, i) => [what, atMs - (asked[i - 1]?.atMs ?? atMs)]);
}

const DELIVERED: CarrierStep = { next: 'end', outcome: 'delivered' };
const CANCELLED: CarrierStep = { next: 'end', outcome: 'cancelled' };

test("the gateway's 16 waits, one by one, and Failed at the end of them", async () => {
  const waits = waitsOf('gateway');
  script.answer('gateway', (attempt) => {
    const waitMs = nextWaitMs({ policy: 'gateway', failures: attempt, retryAfterMs: null, random: 0.9 });
    const last = { attempt, attemptsAllowed: 17, text: 'the receiver answered 503' };
    return waitMs === null ? { next: 'fail', reason: 'retries_exhausted', last } : waiting(waitMs, attempt);
  });
  const handle = await start('gateway');
  await expect(handle.result()).rejects.toMatchObject({
    cause: {
      type: 'DeliveryFailed',
      message: 'Failed (retries_exhausted) after attempt 17 of 17: the receiver answered 503.',
    },
  });
  const steps = timeline('gateway');
  expect(steps).toHaveLength(17);
  for (const [i, waitS] of waits.entries()) {
    const [what, afterMs] = steps[i + 1] ?? ['nothing', 0];
    expect(what).toBe('attempt');
    expect(afterMs).toBeGreaterThanOrEqual(waitS * 1000);
    expect(afterMs).toBeLessThan(waitS * 1000 + STEP_MS);
  }
  const { status, typedSearchAttributes } = await handle.describe();
  expect(status.name).toBe('FAILED');
  expect(typedSearchAttributes.get(DELIVERY_STATE)).toBe('failed');
  expect(typedSearchAttributes.get(ATTEMPT)).toBe(17);
});

test('retryNow attempts at once, and the schedule goes on from there', async () => {
  script.answer('retried', (call) => (call < 3 ? waiting(2 * HOUR_MS, call) : DELIVERED));
  const handle = await start('retried');
  await env.sleep('10 minutes');
  await handle.signal('retryNow');
  expect(await handle.result()).toBe('delivered');
  const [, early, scheduled] = timeline('retried');
  expect(early?.[0]).toBe('early attempt');
  expect(early?.[1]).toBeLessThan(HOUR_MS);
  expect(scheduled?.[0]).toBe('attempt');
  expect(scheduled?.[1]).toBeGreaterThanOrEqual(2 * HOUR_MS);
});

test('a retryNow that comes during an attempt is not lost', async () => {
  const handleOf = () => env.client.workflow.getHandle('meanwhile');
  script.answer('meanwhile', async (call) => {
    if (call === 1) await handleOf().signal('retryNow');
    return call === 1 ? waiting(2 * HOUR_MS) : DELIVERED;
  });
  expect(await (await start('meanwhile')).result()).toBe('delivered');
  const [, second] = timeline('meanwhile');
  expect(second?.[0]).toBe('early attempt');
  expect(second?.[1]).toBeLessThan(HOUR_MS);
});

test.each([
  ['the signal', (handle: WorkflowHandle) => handle.signal('cancel')],
  ['a request for cancellation', (handle: WorkflowHandle) => handle.cancel()],
])('%s cancels a waiting delivery at once', async (name, cancel) => {
  script.answer(name, (call) => (call === 1 ? waiting(2 * HOUR_MS) : CANCELLED));
  const handle = await start(name);
  await env.sleep('1 minute');
  await cancel(handle);
  expect(await handle.result()).toBe('cancelled');
  const [, second] = timeline(name);
  expect(second?.[0]).toBe('cancel');
  expect(second?.[1]).toBeLessThan(HOUR_MS);
});

test('an attempt under way: it looks again when the attempt has ended, else when its claim has run out', async () => {
  const underWay: CarrierStep = { next: 'under_way', forMs: HOUR_MS, attempt: 1 };
  script.answer('told', (call) => (call === 1 ? underWay : DELIVERED));
  const told = await start('told');
  await env.sleep('1 minute');
  await told.signal('attemptEnded');
  await told.result();
  expect(timeline('told')[1]).toEqual(['attempt', expect.any(Number)]);
  expect(timeline('told')[1]?.[1]).toBeLessThan(HOUR_MS);

  script.answer('not told', (call) => (call === 1 ? underWay : DELIVERED));
  await (await start('not told')).result();
  expect(timeline('not told')[1]?.[1]).toBeGreaterThanOrEqual(HOUR_MS);
});
