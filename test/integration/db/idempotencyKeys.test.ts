import type { AcceptedEvent } from '../../../src/db/carrying/acceptance';
import { type Carrying, startCarrying, toAccept } from './carrying';

jest.setTimeout(30_000);

let carrying: Carrying;
beforeEach(async () => {
  carrying = await startCarrying();
});
afterEach(() => carrying.stop());

const idempotency = { key: 'order 17', bodyHash: Buffer.alloc(32, 1) };
const of = (publisher: { tenantId?: string | null; appId?: string | null; keyId?: string }) =>
  toAccept({ idempotency, publisher: { tenantId: 'acme', appId: null, keyId: 'key', ...publisher } });

async function idOf(event: ReturnType<typeof of>): Promise<string> {
  const [accepted] = await carrying.accept([event]);
  if (accepted && 'knownKey' in accepted) return accepted.knownKey.eventId;
  return (accepted as AcceptedEvent).eventId;
}

test('two apps of one tenant, keys without an app, and a platform producer use the same key each for itself', async () => {
  const publishers = [
    { appId: 'shop' },
    { appId: 'office' },
    { keyId: 'without an app' },
    { keyId: 'another without an app' },
    { tenantId: 'rival', appId: 'shop' },
    { tenantId: null, keyId: 'platform' },
  ];
  const ids: string[] = [];
  for (const publisher of publishers) ids.push(await idOf(of(publisher)));
  expect(new Set(ids).size).toBe(publishers.length);
  for (const [i, publisher] of publishers.entries()) expect(await idOf(of(publisher))).toBe(ids[i]);
});

test('every key of one app repeats the same event', async () => {
  const first = await idOf(of({ appId: 'shop', keyId: 'old' }));
  expect(await idOf(of({ appId: 'shop', keyId: 'new' }))).toBe(first);
});

test('in one group too', async () => {
  const accepted = await carrying.accept([of({ appId: 'shop' }), of({ appId: 'office' }), of({ appId: 'shop' })]);
  const ids = accepted.map((one) => ('knownKey' in one ? one.knownKey.eventId : one.eventId));
  expect(ids[0]).not.toBe(ids[1]);
  expect(ids[2]).toBe(ids[0]);
});

test.each([1, 2])(
  'what the release before this one stored is known to its whole tenant; %i in a group',
  async (count) => {
    const eventId = '019f0000-0000-7000-8000-000000000000';
    await carrying.knex('idempotency_keys').insert({
      ...{ tenant_id: 'acme', key: 'order 17', body_hash: idempotency.bodyHash, event_id: eventId },
      expires_at: new Date(Date.now() + 60_000),
    });
    const events = [of({ appId: 'shop' }), toAccept()].slice(0, count);
    const [known] = await carrying.accept(events);
    expect(known).toEqual({ knownKey: { eventId, bodyHash: idempotency.bodyHash } });
    expect(await carrying.knex('events')).toHaveLength(count - 1);
    const [others] = await carrying.accept([toAccept({ ...of({}), tenantId: 'rival' })]);
    expect(others).toHaveProperty('eventId');
  },
);
