import type { Behaviour, Hit, Misbehaviour, Reply } from '../../../support/receiver';
import { startReceiver } from '../../../support/receiver';
import { ADDED, FAILURE, FROZEN, type GatewayApi, startGatewayApi, UNFROZEN } from './gatewayApi';

jest.setTimeout(30_000);

let api: GatewayApi;
beforeAll(async () => {
  api = await startGatewayApi();
});
afterAll(() => api?.stop());
beforeEach(() => api.clear());

const EXPECTED = 'HTTP 2xx with a JSON body whose errcode is 0';
const formatOf = ({ headers }: Hit) => (headers['content-type'] === 'application/json' ? 'json' : 'form');
const JSON_TYPE = { 'content-type': 'application/json' };

/** The calls that came to a path. On a connection that served before, a call that is reset is repeated once, byte by byte. */
function callsAt(path: string, behaviour: unknown): Hit[] {
  const hits = api.receiver.hits(path);
  const calls = hits.filter(({ body }, at) => hits.findIndex((other) => other.body === body) === at);
  const repeats = behaviour === 'reset' ? 1 : 0;
  for (const call of calls) {
    expect(hits.filter(({ body }) => body === call.body).length).toBeLessThanOrEqual(1 + repeats);
  }
  return calls;
}

test.each<[string, Behaviour]>([
  ['the published answer', { body: '{ "errcode": "0", "errmsg": "成功" }' }],
  ['errcode as a number', { body: '{"errcode":0}', headers: JSON_TYPE }],
  ['another errmsg, another 2xx, more fields', { status: 202, body: '{"errcode":"0","errmsg":"ok","more":[1]}' }],
])('%s passes', async (_name, behaviour) => {
  const callbackUrl = api.at('/passes', behaviour);
  expect((await api.register({ eventTag: FROZEN, callbackUrl })).status).toBe(200);
});

const NOT_ACKNOWLEDGED: [string, Reply | Misbehaviour][] = [
  ['415', { status: 415 }],
  ['another errcode', { body: '{"errcode":"1"}' }],
  ['a reset', 'reset'],
  ['silence', 'hang'],
];

test.each(NOT_ACKNOWLEDGED)('form-encoded meets %s: it is sent once more as JSON', async (_name, refusal) => {
  const callbackUrl = api.at('/json', (_number, hit) =>
    formatOf(hit) === 'json' ? { body: '{"errcode":"0"}' } : refusal,
  );
  expect(await api.registered(FROZEN, callbackUrl)).toMatchObject({ format: 'json' });
  const [form, json, ...more] = callsAt('/json', refusal);
  expect(more).toEqual([]);
  expect(form?.headers['content-type']).toBe('application/x-www-form-urlencoded;charset=UTF-8');
  expect(json?.headers['content-type']).toBe('application/json');
  expect(Object.fromEntries(new URLSearchParams(form?.body))).toEqual({
    eventTag: FROZEN,
    dispatchId: expect.any(String),
  });
  expect(JSON.parse(json?.body ?? '')).toEqual({ eventTag: FROZEN, dispatchId: expect.any(String) });
  expect(await api.list()).toEqual([expect.objectContaining({ format: 'json' })]);
});

test('acknowledged form-encoded, it is not sent again', async () => {
  expect(await api.registered(FROZEN, api.at('/form'))).toMatchObject({ format: 'form' });
  expect(api.receiver.hits('/form').map(formatOf)).toEqual(['form']);
});

test('each tag has the format in which it was acknowledged, and the answer keeps their order', async () => {
  const callbackUrl = api.at('/mixed', (_number, hit) =>
    formatOf(hit) === 'json' || hit.body.includes('unfrozen') ? { body: '{"errcode":"0"}' } : { status: 415 },
  );
  const { body } = await api.register({ eventTags: [ADDED, UNFROZEN, FROZEN], callbackUrl });
  expect(body.data).toMatchObject([
    { eventTag: ADDED, format: 'json' },
    { eventTag: UNFROZEN, format: 'form' },
    { eventTag: FROZEN, format: 'json' },
  ]);
});

test('without a scheme the callback is read as http, and is the same as with it', async () => {
  const callbackUrl = api.ok.replace('http://', '');
  expect(await api.registered(FROZEN, callbackUrl)).toMatchObject({ callbackUrl: api.ok });
  expect(await api.register({ eventTag: FROZEN, callbackUrl })).toEqual(FAILURE(409));
  expect(await api.register({ eventTag: FROZEN, callbackUrl: api.ok })).toEqual(FAILURE(409));
});

test('an IPv6 address in brackets is an IP address', async () => {
  const receiver = await startReceiver({ host: '::1' });
  receiver.on('/ok', { body: '{"errcode":"0"}' });
  const callbackUrl = receiver.url('/ok');
  expect(callbackUrl).toMatch(/^http:\/\/\[::1\]:/);
  expect((await api.register({ eventTag: FROZEN, callbackUrl })).status).toBe(200);
  await receiver.stop();
});

describe('what does not pass is 422 in words, and nothing is stored', () => {
  let before: string;
  beforeEach(async () => {
    await api.registered(ADDED, api.at('/kept'));
    before = await api.everything();
  });
  afterEach(async () => expect(await api.everything()).toBe(before));

  test.each<[string, Behaviour, string]>([
    [
      'another errcode',
      { body: '{"errcode":"1","errmsg":"no"}' },
      `HTTP 200 {"errcode":"1","errmsg":"no"}: the answer's errcode is "1", not 0`,
    ],
    ['errcode as true', { body: '{"errcode":true}' }, "the answer's errcode is true, not 0"],
    ['no errcode', { body: '{"code":"0"}' }, 'HTTP 200 {"code":"0"}: the answer has no errcode'],
    ['a list', { body: '[0]' }, 'the answer is no JSON object'],
    ['null', { body: 'null' }, 'the answer is no JSON object'],
    ['HTML', { body: '<html>ok</html>' }, 'HTTP 200 <html>ok</html>: the answer is not JSON'],
    ['nothing', {}, 'HTTP 200: the answer has no body'],
    ['64 MB', 'endless', 'the answer is too long'],
    ['500 with errcode 0', { status: 500, body: '{"errcode":"0"}' }, 'HTTP 500 {"errcode":"0"}; expected'],
    [
      'a redirect',
      { status: 302, headers: { location: '/passes' } },
      'HTTP 302: redirects are not followed, it points to /passes; expected',
    ],
    ['404', { status: 404 }, 'HTTP 404; expected'],
    ['a connection that is reset', 'reset', 'received: no complete answer; expected'],
    ['what is no HTTP', 'garbage', 'received: no complete answer; expected'],
    ['half an answer', 'closeMidBody', 'received: no complete answer; expected'],
    ['no answer in time', 'hang', 'received: no complete answer; expected'],
    ['a drip', 'drip', 'received: no complete answer; expected'],
  ])('%s', async (_name, behaviour, received) => {
    const callbackUrl = api.at('/refuses', behaviour);
    api.receiver.clear();
    const answer = await api.register({ eventTag: FROZEN, callbackUrl });
    expect(answer).toEqual(FAILURE(422));
    const { errmsg } = answer.body;
    const calls = callsAt('/refuses', behaviour);
    expect(calls.map(formatOf)).toEqual(['form', 'json']);
    for (const { body } of calls) expect(errmsg).toContain(`Sent: POST ${callbackUrl} ${body}; received: `);
    expect(errmsg.split(received)).toHaveLength(3);
    expect(errmsg).toMatch(new RegExp(`; expected: ${EXPECTED}\\.$`));
    expect(errmsg.length).toBeLessThan(2000);
  });

  test('nobody there', async () => {
    const gone = await startReceiver();
    await gone.stop();
    const { status, body } = await api.register({ eventTag: FROZEN, callbackUrl: gone.url('/') });
    expect(status).toBe(422);
    expect(body.errmsg).toContain('received: no complete answer; expected');
  });

  test('one tag of three: none is registered, and the one is named', async () => {
    const callbackUrl = api.at('/choosy', (_hit, { body }) => ({
      body: body.includes('frozen') && !body.includes('unfrozen') ? '{"errcode":"7"}' : '{"errcode":"0"}',
    }));
    const eventTags = [ADDED, FROZEN, 'MOZI_BUC_ACCOUNT_MODIFY_REALM|unfrozen'];
    const { status, body } = await api.register({ eventTags, callbackUrl });
    expect(status).toBe(422);
    expect(body.errmsg).toContain(`"eventTag":"${FROZEN}"`);
    expect(body.errmsg.match(/Sent: /g)).toHaveLength(2);
    // Form-encoded for each tag, and once more as JSON for the one that was not acknowledged.
    expect(api.receiver.hits('/choosy').map(formatOf).sort()).toEqual(['form', 'form', 'form', 'json']);
  });
});

test('the verification carries nothing of ours', async () => {
  await api.registered(FROZEN, api.at('/looks'));
  const headers = api.receiver.hits('/looks')[0]?.headers ?? {};
  expect(Object.keys(headers).sort()).toEqual([
    ...['accept', 'accept-encoding', 'connection', 'content-length', 'content-type', 'host', 'user-agent'],
  ]);
});
