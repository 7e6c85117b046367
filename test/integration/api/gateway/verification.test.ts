import type { Behaviour } from '../../../support/receiver';
import { startReceiver } from '../../../support/receiver';
import { ADDED, FAILURE, FROZEN, type GatewayApi, startGatewayApi } from './gatewayApi';

jest.setTimeout(30_000);

let api: GatewayApi;
beforeAll(async () => {
  api = await startGatewayApi();
});
afterAll(() => api?.stop());
beforeEach(() => api.clear());

const EXPECTED = 'HTTP 2xx with a JSON body whose errcode is 0';
const JSON_TYPE = { 'content-type': 'application/json' };

test.each<[string, Behaviour]>([
  ['the published answer', { body: '{ "errcode": "0", "errmsg": "成功" }' }],
  ['errcode as a number', { body: '{"errcode":0}', headers: JSON_TYPE }],
  ['another errmsg, another 2xx, more fields', { status: 202, body: '{"errcode":"0","errmsg":"ok","more":[1]}' }],
])('%s passes', async (_name, behaviour) => {
  const callbackUrl = api.at('/passes', behaviour);
  expect((await api.register({ eventTag: FROZEN, callbackUrl })).status).toBe(200);
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
    const [hit, ...more] = api.receiver.hits('/refuses');
    // A connection that served before and is reset is replaced once, with the very same call.
    expect(more.map(({ body }) => body)).toEqual(behaviour === 'reset' && more.length > 0 ? [hit?.body] : []);
    expect(errmsg).toContain(`Sent: POST ${callbackUrl} ${hit?.body}; received: `);
    expect(errmsg).toContain(received);
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
      body: body.includes('frozen"') && !body.includes('unfrozen') ? '{"errcode":"7"}' : '{"errcode":"0"}',
    }));
    const eventTags = [ADDED, FROZEN, 'MOZI_BUC_ACCOUNT_MODIFY_REALM|unfrozen'];
    const { status, body } = await api.register({ eventTags, callbackUrl });
    expect(status).toBe(422);
    expect(body.errmsg).toContain(`"eventTag":"${FROZEN}"`);
    expect(body.errmsg.match(/Sent: /g)).toHaveLength(1);
    expect(api.receiver.hits('/choosy')).toHaveLength(3);
  });
});

test('the verification carries nothing of ours', async () => {
  await api.registered(FROZEN, api.at('/looks'));
  const headers = api.receiver.hits('/looks')[0]?.headers ?? {};
  expect(Object.keys(headers).sort()).toEqual([
    ...['accept', 'accept-encoding', 'connection', 'content-length', 'content-type', 'host', 'user-agent'],
  ]);
});
