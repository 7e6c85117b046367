import { TENANT, waitFor } from '../../support/engine';
import { type CmdbSetup, startCmdb } from './cmdbSetup';
import { type AttemptRow, attemptsOf, deliveriesOf, waitForDelivery, waitForStates } from './rows';

jest.setTimeout(60_000);

let cmdb: CmdbSetup;
beforeAll(async () => {
  cmdb = await startCmdb();
});
afterAll(() => cmdb?.stop());

test('a published event arrives with every field', async () => {
  await cmdb.subscribe('/host-callback', { subscription_form: 'hostcreate' });
  const changes = '[{"bk_host_id": 1, "ratio": 1.0, "big": 12345678901234567890}]';
  const { eventId } = await cmdb.node.publish({ topic: 'host', type: 'create', changes });
  const [hit] = await cmdb.receiver.waitForHits('/host-callback', 1);
  const { accepted_at } = await cmdb.knex('events').where({ id: eventId }).first('accepted_at');
  expect(JSON.parse(hit?.body ?? '')).toEqual({
    event_id: eventId,
    event_type: 'hostcreate',
    action: 'create',
    action_time: accepted_at.toISOString().slice(0, 19).replace('T', ' '),
    obj_type: 'host',
    bk_supplier_account: TENANT,
    request_id: eventId,
    data: JSON.parse(changes),
  });
  expect(hit?.body.endsWith(`,"data":${changes}}`)).toBe(true);
  expect(hit?.headers['content-type']).toBe('application/json');
  expect(hit?.headers).toHaveProperty('webhook-signature');
});

test('an event that several names match is one delivery, under the longest', async () => {
  const { subscriptionId } = await cmdb.subscribe('/longest', { subscription_form: ' set, ,setcreate,set ' });
  await cmdb.node.publish({ topic: 'set', type: 'create' });
  await cmdb.node.publish({ topic: 'set', type: 'delete' });
  await cmdb.node.publish({ topic: 'setc', type: 'reated' });
  await waitForStates(cmdb.knex, { subscriptionId, states: { delivered: 2 } });
  const hits = await cmdb.receiver.waitForHits('/longest', 2);
  const shown = hits.map(({ body }) => JSON.parse(body)).map(({ event_type, action }) => [event_type, action]);
  expect(shown.sort()).toEqual([
    ['set', 'delete'],
    ['setcreate', 'create'],
  ]);
  const topics = (await cmdb.knex('deliveries').where({ subscription_id: subscriptionId })).map(({ topic }) => topic);
  expect(topics.sort()).toEqual(['set', 'setcreate']);
});

const KB64 = 64 * 1024;
const [ACKNOWLEDGED, PENDING] = ['delivered', 'pending'];
const NO_MATCH = 'the answer does not match the pattern';
const BY_STATUS = { confirm_mode: 'httpstatus' };
const BY_BODY = { confirm_mode: 'regular' };

/** What a subscription, and the answer to its callback, make of a delivery at its first attempt; a repeat is 10 s away. */
const CONFIRMATIONS = [
  ['202', { ...BY_STATUS, confirm_pattern: '201,202' }, { status: 202 }, ACKNOWLEDGED, null],
  ['200', { confirm_mode: 1, confirm_pattern: ' 201, 202 ' }, {}, PENDING, 'status 200 is not one of 201, 202'],
  ['500', { confirm_mode: '1', confirm_pattern: '500' }, { status: 500 }, ACKNOWLEDGED, null],
  ['404', { ...BY_STATUS, confirm_pattern: undefined }, { status: 404 }, PENDING, null],
  ['default', { ...BY_STATUS, confirm_pattern: '' }, {}, ACKNOWLEDGED, null],
  ['null', { ...BY_STATUS, confirm_pattern: null }, { status: 201 }, PENDING, 'status 201 is not one of 200'],
  ['410', { ...BY_STATUS, confirm_pattern: '200,410' }, { status: 410 }, ACKNOWLEDGED, null],
  ['gone', { ...BY_STATUS, confirm_pattern: '200' }, { status: 410 }, 'failed', null],
  ['found', { ...BY_BODY, confirm_pattern: '"code"\\s*:\\s*0\\b' }, { body: '{"code": 0}' }, ACKNOWLEDGED, null],
  ['missed', { confirm_mode: 2, confirm_pattern: '"code"\\s*:\\s*0\\b' }, { body: '{"code": 1}' }, PENDING, NO_MATCH],
  ['anchored', { confirm_mode: '2', confirm_pattern: '^ok$' }, { body: 'not ok' }, PENDING, NO_MATCH],
  ['utf8', { ...BY_BODY, confirm_pattern: '^成.$' }, { body: '成功' }, ACKNOWLEDGED, null],
  ['empty', { ...BY_BODY, confirm_pattern: '.' }, {}, PENDING, NO_MATCH],
  ['any', { ...BY_BODY, confirm_pattern: '^$' }, { status: 410 }, ACKNOWLEDGED, null],
  ['late', { ...BY_BODY, confirm_pattern: 'ok' }, { body: `${'.'.repeat(KB64)}ok` }, PENDING, NO_MATCH],
  ['last', { ...BY_BODY, confirm_pattern: 'ok$' }, { body: `${'.'.repeat(KB64 - 2)}ok` }, ACKNOWLEDGED, null],
  ['catastrophic', { ...BY_BODY, confirm_pattern: '(a+)+$' }, { body: 'a'.repeat(KB64) }, ACKNOWLEDGED, null],
  ['hopeless', { ...BY_BODY, confirm_pattern: '^(a|aa)+$' }, { body: `${'a'.repeat(KB64 - 1)}!` }, PENDING, NO_MATCH],
  ['costly', { ...BY_BODY, confirm_pattern: '^(x+x+)+y' }, { body: `${'x'.repeat(KB64 - 1)}y` }, ACKNOWLEDGED, null],
] as const;

test.each(CONFIRMATIONS)('confirmed or not: %s', async (name, confirm, answer, state, error) => {
  const path = `/confirm-${name}`;
  cmdb.receiver.on(path, answer);
  const { subscriptionId } = await cmdb.subscribe(path, confirm);
  await cmdb.node.publish({ topic: path.slice(1) });
  const attempt = await firstAttempt(subscriptionId);
  const [delivery] = await deliveriesOf(cmdb.knex, subscriptionId);
  expect({ status: attempt.status_code, error: attempt.error, state: delivery?.state }).toEqual({
    status: 'status' in answer ? answer.status : 200,
    error,
    state,
  });
});

test('the timeout is the deadline of the whole attempt, body included', async () => {
  cmdb.receiver.on('/dripping', 'drip');
  const { subscriptionId } = await cmdb.subscribe('/dripping', { timeout: 1 });
  await cmdb.node.publish({ topic: 'dripping' });
  const attempt = await firstAttempt(subscriptionId);
  expect(attempt).toMatchObject({ status_code: 200, error: expect.stringContaining('within 1000 ms') });
  expect(attempt.duration_ms).toBeGreaterThanOrEqual(1000);
});

test('statistics count what is finished, and what of it failed', async () => {
  cmdb.receiver.on('/counted', (hit) => ({ status: hit <= 2 ? 410 : hit === 3 ? 500 : 200 }));
  const { number, subscriptionId } = await cmdb.subscribe('/counted');
  expect((await cmdb.rowOf(number)).statistics).toEqual({ total: 0, failure: 0 });
  for (const finished of [1, 2]) {
    await cmdb.node.publish({ topic: 'counted' });
    await waitForStates(cmdb.knex, { subscriptionId, states: { failed: finished } });
  }
  await cmdb.node.publish({ topic: 'counted' });
  await cmdb.receiver.waitForHits('/counted', 3);
  expect((await cmdb.rowOf(number)).statistics).toEqual({ total: 2, failure: 2 });
  await cmdb.node.publish({ topic: 'counted' });
  await waitForStates(cmdb.knex, { subscriptionId, states: { failed: 2, pending: 1, delivered: 1 } });
  expect((await cmdb.rowOf(number)).statistics).toEqual({ total: 3, failure: 2 });
  await cmdb.modify(number, '/counted', { subscription_form: 'other' });
  await cmdb.waitForStatistics(number, { total: 4, failure: 2 });
});

test('a change counts from the next attempt on, what is dropped is cancelled', async () => {
  cmdb.receiver.on('/changed', { status: 500 });
  const { number, subscriptionId } = await cmdb.subscribe('/changed', { subscription_form: 'changed,dropped' });
  await cmdb.node.publish({ topic: 'changed' });
  await cmdb.node.publish({ topic: 'dropped' });
  await waitFor(
    async () =>
      (await deliveriesOf(cmdb.knex, subscriptionId)).every(({ failures }) => failures === 1) ? true : undefined,
    { what: 'two failed attempts' },
  );
  await cmdb.modify(number, '/changed', { subscription_form: 'changed', confirm_pattern: '500' });
  await waitForStates(cmdb.knex, { subscriptionId, states: { pending: 1, cancelled: 1 } });
  const waiting = (await deliveriesOf(cmdb.knex, subscriptionId)).find(({ state }) => state === 'pending');
  await cmdb.node.retry(waiting?.id ?? '');
  await waitForStates(cmdb.knex, { subscriptionId, states: { delivered: 1, cancelled: 1 } });
});

test('what is pending when it is unsubscribed is cancelled, and nothing matches any more', async () => {
  cmdb.receiver.on('/left', { status: 500 });
  const { number, subscriptionId } = await cmdb.subscribe('/left');
  await cmdb.node.publish({ topic: 'left' });
  await waitForDelivery(cmdb.knex, { subscriptionId, failures: 1 });
  await cmdb.unsubscribe(number);
  await cmdb.node.publish({ topic: 'left' });
  await waitForStates(cmdb.knex, { subscriptionId, states: { cancelled: 1 } });
});

test('paused over /v1 it keeps what comes, and sends it when it is resumed; it is changed through its own interface', async () => {
  const { subscriptionId } = await cmdb.subscribe('/paused');
  const path = `/v1/subscriptions/${subscriptionId}`;
  expect((await cmdb.send('POST', `${path}/pause`)).body).toMatchObject({
    ...{ interface: 'cmdb', state: 'paused', callbackUrl: cmdb.receiver.url('/paused'), topics: ['paused'] },
    ...{ timeoutMs: 10_000, retry: 'gateway', maxInFlight: 10, ordered: false, historyRequired: false },
  });
  await cmdb.node.publish({ topic: 'paused' });
  expect((await deliveriesOf(cmdb.knex, subscriptionId))[0]).toMatchObject({ state: 'pending', attempt: 0 });
  expect((await cmdb.send('PATCH', path, { timeoutMs: 1000 })).status).toBe(409);
  expect((await cmdb.send('DELETE', path)).status).toBe(409);
  expect((await cmdb.send('GET', `${path}/secret`)).status).toBe(200);
  await cmdb.send('POST', `${path}/resume`);
  await waitForStates(cmdb.knex, { subscriptionId, states: { delivered: 1 } });
});

async function firstAttempt(subscriptionId: string): Promise<AttemptRow> {
  const { id } = await waitForDelivery(cmdb.knex, { subscriptionId });
  return waitFor(async () => (await attemptsOf(cmdb.knex, id))[0], { what: 'an attempt on record' });
}
