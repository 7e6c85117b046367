import { randomUUID } from 'node:crypto';
import { retain } from '../../../src/db/retention/retain';
import { type Account, must } from '../../support/api';
import { waitFor } from '../../support/engine';
import { ageEvent } from '../db/retentionSetup';
import { ACKNOWLEDGED, FROZEN, type GatewayInstallation, startGatewayInstallation } from './gatewayInstallation';

jest.setTimeout(60_000);

let gateway: GatewayInstallation;
let account: Account;
beforeAll(async () => {
  gateway = await startGatewayInstallation();
});
afterAll(() => gateway?.stop());
beforeEach(async () => {
  account = await gateway.account();
  gateway.receiver.clear();
});

const round = (retentionDays = 30) => retain(gateway.knex, { retentionDays });

/** Ids on the native failed list and on the gateway's. */
async function failedLists(): Promise<{ native: string[]; gateway: string[] }> {
  const { data } = await must(account.subscriber, 'GET', '/v1/deliveries?state=failed');
  const listed = await must(account.subscriber, 'GET', '/gateway/failedMessages');
  return {
    native: data.map(({ id }: { id: string }) => id),
    gateway: listed.data.list.map(({ dispatchId }: { dispatchId: string }) => dispatchId),
  };
}

/** @returns the id of a delivery that has just failed, of an event that is 100 days old. */
async function failLate(): Promise<string> {
  await gateway.register(account, { path: '/gone', eventTags: [FROZEN], answers: { status: 410 } });
  const eventId = await gateway.publish(account, FROZEN, '[{"RealmId":7}]');
  await gateway.failed(account, 1);
  const aged = await ageEvent(gateway.knex, { eventId, days: 100 });
  const { id } = await gateway.knex('deliveries').where({ event_id: aged }).first('id');
  return id;
}

const failedDaysAgo = (id: string, days: number) =>
  gateway
    .knex('deliveries')
    .where({ id })
    .update({ finished_at: gateway.knex.raw("now() - ? * interval '24 hours'", [days]) });

test('what failed is on every failed list for as long as the retention, from when it failed; then on none', async () => {
  const id = await failLate();
  for (const days of [0, 29.9]) {
    await failedDaysAgo(id, days);
    await round();
    expect(await failedLists()).toEqual({ native: [id], gateway: [id] });
  }
  const { data } = await must(account.subscriber, 'GET', '/gateway/failedMessages');
  expect(data.list).toMatchObject([{ content: { RealmId: 7 }, calls: 1 }]);

  await failedDaysAgo(id, 30.1);
  await round();
  expect(await failedLists()).toEqual({ native: [], gateway: [] });
  expect(await gateway.call(account.subscriber, 'GET', `/v1/deliveries/${id}`)).toMatchObject({ status: 404 });
  expect(await gateway.call(account.subscriber, 'POST', `/v1/deliveries/${id}/retry`)).toMatchObject({ status: 404 });
});

test('what was kept is retried by hand, and delivered', async () => {
  const id = await failLate();
  await round();
  expect(await gateway.knex('deliveries_kept').where({ id })).toHaveLength(1);
  gateway.receiver.on('/gone', ACKNOWLEDGED);
  await must(account.subscriber, 'POST', `/v1/deliveries/${id}/retry`);
  const delivered = await waitFor(
    async () => {
      const delivery = await must(account.subscriber, 'GET', `/v1/deliveries/${id}`);
      return delivery.state === 'delivered' ? delivery : undefined;
    },
    { what: 'a delivery out of what was kept' },
  );
  expect(delivered.attempts).toMatchObject([
    { number: 1, statusCode: 410 },
    { number: 2, statusCode: 200 },
  ]);
  expect(await gateway.messages('/gone', 2)).toMatchObject([{ dispatchId: expect.any(String) }, { dispatchId: id }]);
});

test('an Idempotency-Key holds 7 days, though its event was dropped after one', async () => {
  const [key, body] = [
    randomUUID(),
    { event_source: 's', event_topic: 'gs', event_type: 't', event_status: '1', changes: [1] },
  ];
  const publish = async () => {
    const response = await fetch(`${account.producer.url}/api/publish`, {
      method: 'POST',
      headers: { authorization: account.producer.key, 'idempotency-key': key },
      body: JSON.stringify(body),
    });
    return (await response.json()) as { code: string; request_id: string };
  };
  const first = await publish();
  expect(first).toMatchObject({ code: '000' });
  const eventId = await ageEvent(gateway.knex, { eventId: first.request_id, days: 6.9 });
  await round(1);
  expect(await gateway.knex('events').where({ id: eventId })).toEqual([]);
  expect(await publish()).toMatchObject({ code: '000', request_id: eventId });

  await gateway.knex('idempotency_keys').update({ expires_at: gateway.knex.raw("expires_at - interval '0.2 days'") });
  await round(1);
  const { request_id: anew } = await publish();
  expect([first.request_id, eventId]).not.toContain(anew);
  expect(await gateway.knex('events').where({ id: anew })).toHaveLength(1);
});
