import { randomUUID } from 'node:crypto';
import { ADDED, FAILURE, FROZEN, type GatewayApi, SUCCESS, startGatewayApi, UNFROZEN } from './gatewayApi';

jest.setTimeout(60_000);

let api: GatewayApi;
beforeAll(async () => {
  api = await startGatewayApi();
});
afterAll(() => api?.stop());
beforeEach(async () => {
  await api.clear();
  await api.register({ eventTags: [FROZEN, ADDED], callbackUrl: api.ok });
});

const listed = async (query = ''): Promise<string[]> =>
  (await api.failedMessages(query)).body.data.list.map(({ dispatchId }: { dispatchId: string }) => dispatchId);

describe('GET /gateway/failedMessages', () => {
  test('shows what has failed, whole', async () => {
    expect(await api.failedMessages()).toEqual(SUCCESS({ list: [], nextCursor: null }));
    await api.publishTag(FROZEN);
    const at = '2027-01-02T03:04:05.678Z';
    const dispatchId = await api.failed(FROZEN, { at, error: 'busy' });
    const { status, body } = await api.failedMessages();
    expect({ status, body }).toEqual(
      SUCCESS({
        list: [
          {
            dispatchId,
            eventTag: FROZEN,
            callbackUrl: api.ok,
            content: { a: 1 },
            calls: 17,
            failedAt: at,
            reason: 'the last repeat of the schedule failed; last call: 500, busy',
          },
        ],
        nextCursor: null,
      }),
    );
  });

  test.each<[Parameters<GatewayApi['fail']>[1], string]>([
    [{ reason: 'gone', statusCode: 410 }, 'the receiver wants no more of it; last call: the receiver answered 410'],
    [
      { reason: 'receiver_unavailable', statusCode: null, error: 'connection refused' },
      'the receiver was not there for as long as the schedule lasts; last call: connection refused',
    ],
    [{ reason: null, calls: 0 }, 'failed; last call: no attempt on record yet'],
  ])('says why in words: %j', async (failure = {}, reason) => {
    await api.failed(FROZEN, failure);
    expect((await api.failedMessages()).body.data.list).toMatchObject([{ reason, calls: failure.calls ?? 17 }]);
  });

  test.each([
    ['[{"RealmId":9223372036854775807,"f":1.0}]', '{"RealmId":9223372036854775807,"f":1.0}'],
    ['[1, 2]', '[1, 2]'],
  ])('content of %s is as it came', async (changes, content) => {
    await api.failed(FROZEN, { changes });
    const response = await fetch(`${api.url}/gateway/failedMessages`, { headers: { authorization: api.keys.shop } });
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await response.text()).toContain(`"content":${content},"calls"`);
  });

  test('newest failure first, by page, also of the same microsecond', async () => {
    const same = '2027-01-01T00:00:00.000500Z';
    const ids = [];
    for (const at of ['2027-01-01T00:00:00.000499Z', same, same, same, '2027-01-01T00:00:00.000501Z']) {
      ids.push(await api.failed(ids.length % 2 ? ADDED : FROZEN, { at }));
    }
    const [first, ...rest] = ids;
    const last = rest.pop();
    const expected = [last, ...rest.sort().reverse(), first];
    expect(await listed()).toEqual(expected);
    for (const limit of [1, 2, 4, 5, 500]) {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const answer = await api.failedMessages(`?limit=${limit}${cursor ? `&cursor=${cursor}` : ''}`);
        const { data } = answer.body;
        expect(data.list.length).toBeLessThanOrEqual(limit);
        seen.push(...data.list.map(({ dispatchId }: { dispatchId: string }) => dispatchId));
        cursor = data.nextCursor;
      } while (cursor);
      expect(seen).toEqual(expected);
    }
  });

  test('filters by tag and by when it failed', async () => {
    const early = await api.failed(FROZEN, { at: '2027-01-01T00:00:00Z' });
    const late = await api.failed(ADDED, { at: '2027-01-02T00:00:00Z' });
    expect(await listed(`?eventTag=${encodeURIComponent(FROZEN)}`)).toEqual([early]);
    expect(await listed(`?eventTag=${encodeURIComponent(UNFROZEN)}`)).toEqual([]);
    expect(await listed('?since=2027-01-02T00:00:00Z')).toEqual([late]);
    expect(await listed('?until=2027-01-02T00:00:00Z')).toEqual([early]);
    expect(await listed(`?since=${Date.parse('2027-01-01T00:00:00Z')}&until=2027-01-02T00:00:00.001%2B00:00`)).toEqual([
      late,
      early,
    ]);
    expect(await listed('?since=2027-01-03T00:00:00Z&until=2027-01-01T00:00:00Z')).toEqual([]);
  });

  test('a page of long contents ends early, and none is left out', async () => {
    const changes = `["${'x'.repeat(262_000)}"]`;
    const ids = [];
    for (let n = 0; n < 18; n++) ids.push(await api.failed(FROZEN, { changes }));
    const { data } = (await api.failedMessages()).body;
    expect(data.list).toHaveLength(16);
    const rest = await listed(`?cursor=${data.nextCursor}`);
    expect(rest).toHaveLength(2);
    const shown = data.list.map(({ dispatchId }: { dispatchId: string }) => dispatchId);
    expect([...shown, ...rest].sort()).toEqual(ids.sort());
  });

  test('is of the app alone, of this interface alone, and of deleted registrations too', async () => {
    const own = await api.failed(FROZEN);
    await api.db.knex('topics').insert({ topic: FROZEN, name: 'alike' });
    await api.subscribe('shop', { topics: [FROZEN] });
    const { deliveryIds } = await api.publish({ topic: FROZEN });
    for (const id of deliveryIds) await api.fail(id);
    for (const key of ['desk', 'spy'] as const) {
      expect((await api.failedMessages('', key)).body.data.list).toEqual([]);
    }
    expect(await listed()).toEqual([own]);
    for (const { id } of await api.list()) await api.call('shop', 'DELETE', `/gateway/callbacks/${id}`);
    expect(await listed()).toEqual([own]);
    await api.db.knex('topics').where({ topic: FROZEN }).delete();
  });
});

describe('POST /gateway/failedMessages/redeliver', () => {
  const row = (id: string) => api.db.knex('deliveries').where({ id }).first();

  test('makes them pending again under the same id, and takes them off the list', async () => {
    const [one, other, third] = [await api.failed(FROZEN), await api.failed(ADDED), await api.failed(ADDED)];
    expect(await api.redeliver([one, other, one])).toEqual(SUCCESS({ redelivered: 2 }));
    expect(await row(one)).toMatchObject({ state: 'pending', generation: 2, failures: 0, attempt: 17 });
    expect(await listed()).toEqual([third]);
  });

  test('takes 200 ids; repeated ones count once', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 50; n++) ids.push(await api.failed(FROZEN, { calls: 1 }));
    const fourfold = Array.from({ length: 200 }, (_, n) => ids[n % 50]);
    expect(await api.redeliver(fourfold)).toEqual(SUCCESS({ redelivered: 50 }));
    expect(await listed()).toEqual([]);
  });

  test.each<[string, () => string | Promise<string>]>([
    ['unknown', () => randomUUID()],
    ['of no day', () => 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
    ['malformed', () => "x' OR 1=1"],
    ['pending', async () => (await api.publishTag(FROZEN)).deliveryIds[0] ?? ''],
    [
      'of another app',
      async () => {
        await api.registered(UNFROZEN, api.ok, 'desk');
        return api.failed(UNFROZEN);
      },
    ],
    [
      'of another interface',
      async () => {
        await api.subscribe('shop');
        const { deliveryIds } = await api.publish();
        await api.fail(deliveryIds[0] ?? '');
        return deliveryIds[0] ?? '';
      },
    ],
    [
      'of a deleted registration',
      async () => {
        const { id } = await api.registered(UNFROZEN, api.ok);
        const failed = await api.failed(UNFROZEN);
        await api.call('shop', 'DELETE', `/gateway/callbacks/${id}`);
        return failed;
      },
    ],
  ])('an id that is %s is 404 by name, and none is redelivered', async (_kind, make) => {
    const fine = await api.failed(FROZEN);
    const bad = await make();
    const before = await api.everything();
    const answer = await api.redeliver([fine, bad]);
    expect(answer).toEqual(FAILURE(404));
    expect(answer.body.errmsg).toMatch(/^dispatchIds: /);
    expect(answer.body.errmsg).toContain(bad);
    expect(answer.body.errmsg).not.toContain(fine);
    expect(await api.everything()).toBe(before);
  });
});
