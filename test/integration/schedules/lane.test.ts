import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { TASK_QUEUE } from '../../../src/contracts/ids';
import { LANE_STATE } from '../../../src/contracts/searchAttributes';
import { installRuntime, waitFor } from '../../support/engine';
import { startTimeSkippingServer } from '../../support/temporal';
import { laneInputOf, scripted, standing } from './script';

jest.setTimeout(60_000);

const INDEXED_VALUE_TYPE_KEYWORD = 2;
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
    searchAttributes: { LaneState: INDEXED_VALUE_TYPE_KEYWORD },
  });
  script = scripted(env);
  worker = await script.startWorker();
});

afterAll(async () => {
  await worker?.stop();
  await env?.teardown();
});

const start = (id: string): Promise<WorkflowHandle> =>
  env.client.workflow.start('lane', {
    workflowId: id,
    taskQueue: TASK_QUEUE,
    args: [laneInputOf(id)],
    typedSearchAttributes: [{ key: LANE_STATE, value: 'running' }],
  });

/** What was asked, and after how many milliseconds. */
function timeline(id: string): [string, number][] {
  const asked = script.asked(id);
  return asked.map(({ what, atMs }, i) => [what, atMs - (asked[i - 1]?.atMs ?? atMs)]);
}

const waitForCalls = (id: string, calls: number) =>
  waitFor(() => script.asked(id).length >= calls || undefined, { what: `${calls} calls for ${id}` });

const stateShown = async (handle: WorkflowHandle) => (await handle.describe()).typedSearchAttributes.get(LANE_STATE);

test('drains stretch after stretch, waits for what is due later, and ends', async () => {
  script.answer('drained', (call) => {
    if (call <= 2) return { next: 'drain' };
    return call === 3 ? standing(HOUR_MS, { state: 'retrying' }) : { next: 'end' };
  });
  await (await start('drained')).result();
  const waits = timeline('drained').map(([, afterMs]) => afterMs);
  expect(waits).toHaveLength(4);
  expect(Math.max(...waits.slice(0, 3))).toBeLessThan(STEP_MS);
  expect(waits[3]).toBeGreaterThanOrEqual(HOUR_MS);
});

test('woken, it looks at once', async () => {
  script.answer('woken', (call) => (call === 1 ? standing(9 * HOUR_MS) : { next: 'end' }));
  const handle = await start('woken');
  await env.sleep('1 minute');
  await handle.signal('wake');
  await handle.result();
  expect(timeline('woken')[1]?.[1]).toBeLessThan(HOUR_MS);
});

test.each(['historyProcessed', 'activate', 'stop'] as const)(
  '%s is committed first, and then it looks at once',
  async (command) => {
    script.answer(command, (call) => (call === 1 ? standing(9 * HOUR_MS) : { next: 'end' }));
    const handle = await start(command);
    await env.sleep('1 minute');
    await handle.signal(command);
    await handle.result();
    const steps = timeline(command);
    expect(steps.map(([what]) => what)).toEqual(['drainLane', command, 'drainLane']);
    expect(steps[2]?.[1]).toBeLessThan(HOUR_MS);
  },
);

test.each(['wake', 'activate'] as const)('%s that comes during its last stretch is not lost', async (signal) => {
  const id = `last ${signal}`;
  let isTold = false;
  script.answer(id, async () => {
    if (!isTold) {
      isTold = true;
      await env.client.workflow.getHandle(id).signal(signal);
    }
    return { next: 'end' };
  });
  await (await start(id)).result();
  expect(timeline(id).map(([what]) => what)).toEqual([
    'drainLane',
    ...(signal === 'activate' ? ['activate'] : []),
    'drainLane',
  ]);
});

test('its page says how it stands, for as long as it stands', async () => {
  let endDraining = () => {};
  const drained = new Promise<void>((resolve) => {
    endDraining = resolve;
  });
  script.answer('shown', async (call) => {
    if (call === 1) return standing(9 * HOUR_MS);
    if (call === 2) return standing(9 * HOUR_MS, { state: 'retrying', waiting: 7 });
    if (call === 3) return { next: 'drain' };
    await drained;
    return { next: 'end' };
  });
  const handle = await start('shown');
  await waitForCalls('shown', 1);
  await env.sleep('1 minute');
  expect(await stateShown(handle)).toBe('stopped');
  expect(await handle.query('status')).toMatchObject({ state: 'stopped', reason: 'gone', waiting: 101 });
  await handle.signal('wake');
  await waitForCalls('shown', 2);
  await env.sleep('1 minute');
  expect(await stateShown(handle)).toBe('retrying');
  expect(await handle.query('status')).toMatchObject({ state: 'retrying', waiting: 7 });
  await handle.signal('wake');
  await waitForCalls('shown', 4);
  const whileDraining = [await stateShown(handle), await handle.query('status')];
  endDraining();
  await handle.result();
  expect(whileDraining).toEqual(['running', null]);
});
