import { EVENT_ID, startTestApi, type TestApi } from './testApi';

let api: TestApi;
let producer: string;

beforeAll(async () => {
  api = await startTestApi();
  producer = await api.key({ tenantId: 'acme', roles: ['producer'] });
});
afterAll(() => api.stop());
beforeEach(() => {
  api.published.length = 0;
});

const SAMPLE = {
  event_source: 'a',
  event_topic: 'gs',
  event_type: 'cert',
  event_status: '1',
  event_key: 'a.gs.cert.1',
  changes: ['id1', 'id2'],
};

async function post(body: string | Uint8Array, headers: Record<string, string> = {}) {
  const response = await fetch(`${api.url}/api/publish`, {
    method: 'POST',
    headers: { authorization: producer, 'content-type': 'application/json', ...headers },
    body,
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

const publish = (event: object, headers?: Record<string, string>) => post(JSON.stringify(event), headers);
const without = (name: string) => Object.fromEntries(Object.entries(SAMPLE).filter(([key]) => key !== name));

test('the published sample', async () => {
  const { status, headers, body } = await publish(SAMPLE);
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('application/json');
  expect(body).toEqual({ request_id: EVENT_ID, code: '000', msg: '成功' });
  expect(api.published).toEqual([
    {
      tenantId: 'acme',
      source: 'a',
      topic: 'gs',
      type: 'cert',
      status: '1',
      key: 'a.gs.cert.1',
      changes: '["id1","id2"]',
      publisher: { tenantId: 'acme', appId: null, keyId: expect.any(String) },
      idempotency: undefined,
    },
  ]);
});

test.each([
  ['missing', without('event_key')],
  ['null', { ...SAMPLE, event_key: null }],
])('event_key %s: the four parts joined', async (_, event) => {
  await publish(event);
  expect(api.published[0]?.key).toBe('a.gs.cert.1');
});

test('unknown fields are ignored', async () => {
  expect((await publish({ ...SAMPLE, more: { a: 1 } })).status).toBe(200);
});

test('changes arrives as the very text that came, nothing is trimmed', async () => {
  const changes = '[ 1.0, 12345678901234567890,{"b":1,"a":"\\u00e9\\u0000","__proto__":{"x":1}} ]';
  await post(`{"event_source":" a ","event_topic":"主题","event_type":"t","event_status":"s","changes":${changes}}`);
  expect(api.published[0]).toMatchObject({ source: ' a ', topic: '主题', key: ' a .主题.t.s', changes });
});

test.each(['["\\ud800"]', '[{"\\udfff":1}]', '["\\ud83d😀"]'])(
  'half a surrogate pair in changes is refused: %s',
  async (changes) => {
    const text = `{"event_source":"a","event_topic":"b","event_type":"t","event_status":"s","changes":${changes}}`;
    const { status, body } = await post(text);
    expect({ status, body }).toEqual({
      status: 400,
      body: { request_id: expect.any(String), code: '400', msg: '参数changes格式不正确' },
    });
    expect(api.published).toEqual([]);
  },
);

test('the content type that curl sends by itself', async () => {
  expect((await publish(SAMPLE, { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(200);
});

describe('fields', () => {
  const required = ['event_source', 'event_topic', 'event_type', 'event_status', 'changes'];
  const empty = [undefined, null, '', '  \t\n', '\u3000', []];
  test.each(required.flatMap((name) => empty.map((value) => [name, value])))(
    '%s is %j: not there',
    async (name, value) => {
      const { status, body } = await publish({ ...SAMPLE, [String(name)]: value });
      expect({ status, body }).toEqual({
        status: 400,
        body: { request_id: expect.any(String), code: '400', msg: `参数${name}不能为空` },
      });
      expect(api.published).toEqual([]);
    },
  );

  const long = 'é'.repeat(65);
  test.each([
    ...['event_source', 'event_topic', 'event_type', 'event_status'].flatMap((name) =>
      [1, true, {}, ['x'], long, 'a\0b', 'a\ud800'].map((value) => [name, value]),
    ),
    ...[1, false, {}, [], ['x'], 'a\0b', '\udfff'].map((value) => ['event_key', value]),
    ...[1, false, {}, 'text'].map((value) => ['changes', value]),
    ...[1, {}, 'a\0b'].map((value) => ['tenant_id', value]),
  ])('%s is %j: not as it must be', async (name, value) => {
    const { status, body } = await publish({ ...SAMPLE, [String(name)]: value });
    expect({ status, code: body.code, msg: body.msg }).toEqual({
      status: 400,
      code: '400',
      msg: `参数${name}格式不正确`,
    });
    expect(api.published).toEqual([]);
  });

  test('128 bytes are not too long', async () => {
    expect((await publish({ ...SAMPLE, event_topic: 'é'.repeat(64) })).status).toBe(200);
  });

  test('the first that is wrong in the order of the table is named, whichever way it is', async () => {
    expect((await post('{}')).body.msg).toBe('参数event_source不能为空');
    const wrong = { changes: [], event_key: 5, event_status: '', event_type: 7, event_topic: 'x', event_source: 'x' };
    expect((await publish(wrong)).body.msg).toBe('参数event_type格式不正确');
    expect((await publish({ ...wrong, event_type: 'x' })).body.msg).toBe('参数event_status不能为空');
    expect((await publish({ ...wrong, event_type: 'x', event_status: 'x' })).body.msg).toBe('参数event_key格式不正确');
  });
});

describe('bodies', () => {
  test.each([
    ['nothing', ''],
    ['no JSON', 'event_source=a'],
    ['half of one', '{"event_source":"a"'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a text', '"x"'],
    [
      'too deep',
      JSON.stringify(SAMPLE)
        .replace('"id1"', '['.repeat(100_000) + ']'.repeat(100_000))
        .slice(0, 262_144),
    ],
    ['too deep, and well-formed', JSON.stringify(SAMPLE).replace('"id1"', '['.repeat(70) + ']'.repeat(70))],
  ])('%s', async (_, text) => {
    const { status, body } = await post(text);
    expect({ status, code: body.code, msg: body.msg }).toEqual({ status: 400, code: '400', msg: '参数body格式不正确' });
  });

  test('not UTF-8', async () => {
    const bytes = Buffer.from(JSON.stringify(SAMPLE).replace('gs', 'g\u00e9'), 'latin1');
    expect((await post(new Uint8Array(bytes))).body.msg).toBe('参数body格式不正确');
    expect(api.published).toEqual([]);
  });

  test('up to the limit, and no byte more', async () => {
    const frame = JSON.stringify({ ...SAMPLE, changes: [''] }).length;
    const sized = (bytes: number) => JSON.stringify({ ...SAMPLE, changes: ['x'.repeat(bytes - frame)] });
    expect((await post(sized(262_144))).status).toBe(200);
    const { status, body } = await post(sized(262_145));
    expect({ status, code: body.code, msg: body.msg }).toEqual({ status: 413, code: '413', msg: '请求体过大' });
  });

  test('of an encoding that is not known', async () => {
    const { status, body } = await publish(SAMPLE, { 'content-encoding': 'deflate' });
    expect([status, body.code]).toEqual([415, '415']);
  });
});

describe('tenants', () => {
  test('the own tenant may be named', async () => {
    expect((await publish({ ...SAMPLE, tenant_id: 'acme' })).status).toBe(200);
  });

  test("another's is refused", async () => {
    const { status, body } = await publish({ ...SAMPLE, tenant_id: 'rival' });
    expect({ status, code: body.code, msg: body.msg }).toEqual({ status: 403, code: '403', msg: '没有权限' });
    expect(api.published).toEqual([]);
  });

  test('a platform producer names one', async () => {
    const platform = await api.key({ roles: ['platform'] });
    expect((await publish({ ...SAMPLE, tenant_id: 'rival' }, { authorization: platform })).status).toBe(200);
    expect(api.published[0]).toMatchObject({ tenantId: 'rival', publisher: { tenantId: null } });
    const { body } = await publish(SAMPLE, { authorization: platform });
    expect(body.msg).toBe('参数tenant_id不能为空');
  });

  test('a platform producer of a tenant publishes for others, and for its own when it names none', async () => {
    const authorization = await api.key({ tenantId: 'acme', roles: ['platform'] });
    await publish({ ...SAMPLE, tenant_id: 'rival' }, { authorization });
    await publish(SAMPLE, { authorization });
    expect(api.published.map(({ tenantId }) => tenantId)).toEqual(['rival', 'acme']);
  });

  test('operators publish where they operate', async () => {
    const everywhere = await api.key({ roles: ['operator'] });
    const inside = await api.key({ tenantId: 'acme', roles: ['operator'] });
    expect((await publish({ ...SAMPLE, tenant_id: 'rival' }, { authorization: everywhere })).status).toBe(200);
    expect((await publish({ ...SAMPLE, tenant_id: 'rival' }, { authorization: inside })).status).toBe(403);
    expect((await publish(SAMPLE, { authorization: inside })).status).toBe(200);
  });

  test('subscribers do not publish', async () => {
    const authorization = await api.key({ tenantId: 'acme', appId: 'shop', roles: ['subscriber'] });
    const { status, body } = await publish(SAMPLE, { authorization });
    expect([status, body.msg]).toEqual([403, '没有权限']);
  });
});

describe('Idempotency-Key', () => {
  test('comes with a hash of the body as parsed', async () => {
    await post('{"event_source":"a","event_topic":"t","event_type":"x","event_status":"1","changes":[1],"n":1}', {
      'idempotency-key': 'k1',
    });
    await post('{ "n":1.0,"changes":[ 1],"event_topic":"t","event_source":"a","event_type":"x","event_status":"1"}', {
      'idempotency-key': 'k1',
    });
    await post('{"event_source":"a","event_topic":"t","event_type":"x","event_status":"1","changes":[1],"n":2}', {
      'idempotency-key': 'k1',
    });
    const [first, second, third] = api.published.map(({ idempotency }) => idempotency);
    expect(first?.key).toBe('k1');
    expect(first?.bodyHash).toHaveLength(32);
    expect(second).toEqual(first);
    expect(third?.bodyHash.equals(first?.bodyHash ?? Buffer.alloc(0))).toBe(false);
  });

  test('two numbers that are one double are two bodies', async () => {
    for (const id of ['9007199254740993', '9007199254740992', '9007199254740993.0']) {
      await post(
        `{"event_source":"a","event_topic":"t","event_type":"x","event_status":"1","changes":[{"id":${id}}]}`,
        {
          'idempotency-key': 'k1',
        },
      );
    }
    const [first, other, repeated] = api.published.map(({ idempotency }) => idempotency?.bodyHash.toString('hex'));
    expect(other).not.toBe(first);
    expect(repeated).toBe(first);
  });

  test('at most 200 characters', async () => {
    expect((await publish(SAMPLE, { 'idempotency-key': 'k'.repeat(200) })).status).toBe(200);
    const { status, body } = await publish(SAMPLE, { 'idempotency-key': 'k'.repeat(201) });
    expect([status, body.msg]).toEqual([400, '参数Idempotency-Key格式不正确']);
    expect((await publish(SAMPLE, { 'idempotency-key': '' })).body.msg).toBe('参数Idempotency-Key不能为空');
  });
});

test('an error carries an id of its own, which stands in the log', async () => {
  const { body } = await post('{}');
  expect(body.request_id).toMatch(/^[0-9a-f-]{36}$/);
  expect(api.lines).toContainEqual(expect.objectContaining({ requestId: body.request_id, msg: 'request.refused' }));
});
