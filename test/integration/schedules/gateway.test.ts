import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { Activities } from '../../../activities';
import { TASK_QUEUE } from '../../../src/contracts/ids';
import { SEARCH_ATTRIBUTES } from '../../../src/contracts/searchAttributes';
import { installRuntime, waitFor, workflowBundle } from '../../support/engine';
import type { Behaviour } from '../../support/receiver';
import { startTimeSkippingServer } from '../../support/temporal';
import { FROZEN, type GatewayInstallation, startGatewayInstallation } from '../engine/gatewayInstallation';
import { workflowOf } from '../engine/workflows';

jest.setTimeout(120_000);

const INDEXED_VALUE_TYPES = { Keyword: 2, Int: 3 };
const MINUTE_MS = 60_000;
/** gateway.md, "Retry schedule". */
const WAITS_MS = [
  10_000,
  30_000,
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 60, 120].map((minutes) => minutes * MINUTE_MS),
];
/** What the machine takes for a step, which the server's clock counts too. */
const STEP_MS = 5000;

let env: TestWorkflowEnvironment;
let gateway: GatewayInstallation;
let worker: { stop(): Promise<void> } | undefined;
/** When each call of an attempt went out, by the server's clock, which skips. */
const calledAtMs: number[] = [];

beforeAll(async () => {
  installRuntime();
  env = await startTimeSkippingServer();
  await env.nativeConnection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(
      Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => [name, INDEXED_VALUE_TYPES[type]]),
    ),
  });
  // No process that accepts and attempts: every attempt is the workflow's own. Its worker is started below.
  const address = { temporalAddress: env.address, namespace: 'default' };
  gateway = await startGatewayInstallation({ role: 'worker', withWorker: false, ...address });
  worker = await startWorker();
});

afterAll(async () => {
  await worker?.stop();
  await gateway?.stop();
  await env?.teardown();
});

/** A worker with the real activities, before each of which PostgreSQL skips what Temporal's clock has skipped. */
async function startWorker() {
  const { attempt, ...activities } = gateway.node.engine.activities;
  const skipped = async () => (await env.currentTimeMs()) - Date.now();
  let skippedMs = await skipped();
  const skipping: Activities['attempt'] = async (input) => {
    const nowSkippedMs = await skipped();
    await gateway.knex.raw(
      `UPDATE deliveries SET next_attempt_at = next_attempt_at - :ms * interval '1 ms', due_by = due_by - :ms * interval '1 ms'`,
      { ms: nowSkippedMs - skippedMs },
    );
    skippedMs = nowSkippedMs;
    const hitsBefore = gateway.receiver.hits('/life').length;
    const step = await attempt(input);
    if (gateway.receiver.hits('/life').length > hitsBefore) calledAtMs.push(nowSkippedMs + Date.now());
    return step;
  };
  const running = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: TASK_QUEUE,
    ...(await workflowBundle()),
    activities: { ...activities, attempt: skipping },
  });
  const ended = running.run();
  return {
    async stop() {
      running.shutdown();
      await ended;
    },
  };
}

/** Every way to fail, and never five in a row of those that would say that nobody is there. */
const FAILURES: Behaviour[] = [
  { body: '<html>404</html>' },
  { body: '{"errcode":"50001","errmsg":"busy"}' },
  { status: 503, body: '{"errcode":"0"}' },
  { status: 302, headers: { location: '/elsewhere' } },
  'reset',
];

test('a message that is never acknowledged: 17 calls in 4 h 45 min 40 s, the failed list, and its redelivery', async () => {
  const account = await gateway.account();
  const answers: Behaviour = (hit, request) => {
    const failure = FAILURES[hit % FAILURES.length] ?? {};
    return typeof failure === 'function' ? failure(hit, request) : failure;
  };
  await waitFor(() => isConnected() || undefined, { what: 'a connection to Temporal' });
  await gateway.register(account, { path: '/life', eventTags: [FROZEN], answers });
  gateway.receiver.clear();
  const sourceMessageId = await gateway.publish(account, FROZEN, '[{"AccountId":9007199254740993}]');
  const [first] = await gateway.messages('/life', 1);
  const dispatchId = first?.dispatchId ?? '';
  const handle = env.client.workflow.getHandle(await workflowOf(gateway.knex, dispatchId));
  await expect(handle.result()).rejects.toMatchObject({
    cause: {
      type: 'DeliveryFailed',
      message: expect.stringMatching(/^Failed \(retries_exhausted\) after attempt 17 of 17/),
    },
  });

  const messages = await gateway.messages('/life', 17);
  const content = '{"AccountId":9007199254740993}';
  for (const { callbackMessageId: _own, ...message } of messages) {
    expect(message).toEqual({ eventTag: FROZEN, dispatchId, sourceMessageId, content });
  }
  // A call whose used connection is reset is made once more, as the same message of the same attempt.
  expect(new Set(messages.map(({ callbackMessageId }) => callbackMessageId)).size).toBe(17);
  expect(calledAtMs).toHaveLength(17);
  for (const [i, waitMs] of WAITS_MS.entries()) {
    const waitedMs = (calledAtMs[i + 1] ?? 0) - (calledAtMs[i] ?? 0);
    expect(waitedMs).toBeGreaterThanOrEqual(waitMs - 50);
    expect(waitedMs).toBeLessThan(waitMs + STEP_MS);
  }
  expect(WAITS_MS.reduce((sum, waitMs) => sum + waitMs)).toBe((4 * 60 + 45) * MINUTE_MS + 40_000);

  const [failed] = await gateway.failed(account, 1);
  expect(failed).toMatchObject({ dispatchId, eventTag: FROZEN, calls: 17 });
  expect(failed.reason).toMatch(/^the last repeat of the schedule failed; last call: /);
  gateway.receiver.on('/life', { body: '{"errcode":0}' });
  const body = { dispatchIds: [dispatchId] };
  const redelivered = await gateway.must(account.subscriber, 'POST', '/gateway/failedMessages/redeliver', body);
  expect(redelivered.data).toEqual({ redelivered: 1 });
  const last = (await gateway.messages('/life', messages.length + 1)).at(-1);
  expect(last).toEqual({ ...first, callbackMessageId: last?.callbackMessageId });
  await gateway.failed(account, 0);
  expect(await env.client.workflow.getHandle(await workflowOf(gateway.knex, dispatchId)).result()).toBe('delivered');
});

function isConnected(): boolean {
  try {
    return Boolean(gateway.node.client);
  } catch {
    return false;
  }
}
