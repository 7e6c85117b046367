import { createServer } from 'node:net';
import { type CmdbSetup, startCmdb } from './cmdbSetup';

jest.setTimeout(60_000);

let cmdb: CmdbSetup;
beforeAll(async () => {
  cmdb = await startCmdb();
});
afterAll(() => cmdb?.stop());

const PATH = '/api/v3/event/subscribe';
const OK = { result: true, bk_error_code: 0, bk_error_msg: '' };
const refused = (code: number, message: RegExp) => ({
  status: 200,
  body: { result: false, bk_error_code: code, bk_error_msg: expect.stringMatching(message), data: null },
});
const host = () => `127.0.0.1:${cmdb.receiver.port}`;
const ping = (callback_url: string, data: unknown = {}) => cmdb.send('POST', `${PATH}/ping`, { callback_url, data });
const telnet = (callback_url: string) => cmdb.send('POST', `${PATH}/telnet`, { callback_url });

/** Where nobody listens any more. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

test('the published samples, from subscribing to unsubscribing', async () => {
  const sample = {
    ...{ subscription_name: 'mysubscribe', system_name: 'SystemName', callback_url: `http://${host()}/callback` },
    ...{ confirm_mode: 'httpstatus', confirm_pattern: '200', subscription_form: 'hostcreate', timeout: 10 },
  };
  const subscribed = await cmdb.send('POST', `${PATH}/acme/2`, sample);
  const id = subscribed.body.data?.subscription_id;
  expect(subscribed).toEqual({ status: 200, body: { ...OK, data: { subscription_id: expect.any(Number) } } });
  expect(await cmdb.send('PUT', `${PATH}/acme/2/${id}`, sample)).toEqual({
    status: 200,
    body: { ...OK, data: 'success' },
  });
  await cmdb.node.publish({ topic: 'host', type: 'create' });
  await cmdb.receiver.waitForHits('/callback', 1);
  await cmdb.waitForStatistics(id, { total: 1, failure: 0 });
  const found = await cmdb.send('POST', `${PATH}/search/acme/2`, { page: { start: 0, limit: 10, sort: 'HostName' } });
  const last_time = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  const row = { subscription_id: id, ...sample, last_time, operator: 'user', statistics: { total: 1, failure: 0 } };
  expect(found).toEqual({ status: 200, body: { ...OK, data: [row] } });
  expect(await cmdb.send('DELETE', `${PATH}/acme/2/${id}`, {})).toEqual({
    status: 200,
    body: { ...OK, data: 'success' },
  });
});

describe('ping', () => {
  test('posts the data alone, as it came, and shows the answer', async () => {
    cmdb.receiver.on('/pinged', { body: 'xxxxx' });
    const answer = await ping(`${host()}/pinged`, { a: [1] });
    expect(answer).toEqual({ status: 200, body: { ...OK, data: [{ http_status: 200, response_body: 'xxxxx' }] } });
    const [hit] = cmdb.receiver.hits('/pinged');
    expect(hit).toMatchObject({ body: '{"a":[1]}', headers: { 'content-type': 'application/json' } });
    expect(hit?.headers).not.toHaveProperty('authorization');
  });

  test.each([
    ['/pinged-302', { status: 302, headers: { location: 'http://10.0.0.1/' } }, 302, ''],
    ['/pinged-500', { status: 500, body: 'broken' }, 500, 'broken'],
    ['/pinged-html', { body: '<html>' }, 200, '<html>'],
    ['/pinged-bytes', { body: Buffer.from([0x61, 0xff]) }, 200, 'a\ufffd'],
    ['/pinged-long', { body: `${'x'.repeat(4095)}é${'y'.repeat(99_999)}` }, 200, 'x'.repeat(4095)],
  ])('%s', async (path, behaviour, http_status, response_body) => {
    cmdb.receiver.on(path, behaviour);
    expect((await ping(`${host()}${path}`)).body).toEqual({ ...OK, data: [{ http_status, response_body }] });
  });

  test.each(['x', 7, false, [], '{}'])('%j is data too', async (data) => {
    cmdb.receiver.clear();
    await ping(`${host()}/any`, data);
    expect(cmdb.receiver.hits('/any').map(({ body }) => body)).toEqual([JSON.stringify(data)]);
  });

  test('without an answer it has failed', async () => {
    cmdb.receiver.on('/reset', 'reset');
    expect(await ping(`${host()}/reset`)).toEqual(refused(1103004, /no answer/));
    expect(await ping(`127.0.0.1:${await closedPort()}`)).toEqual(refused(1103004, /no answer/));
    expect(await ping('nowhere.invalid')).toEqual(refused(1103004, /no answer/));
  });

  test('an answer that does not end is given up after 8 s', async () => {
    cmdb.receiver.on('/dripping', 'drip');
    expect(await ping(`${host()}/dripping`)).toEqual(refused(1103004, /no answer from the callback within 8 s/));
  });
});

describe('telnet', () => {
  test('says that somebody listens', async () => {
    expect(await telnet(`${host()}/callback`)).toEqual({ status: 200, body: { ...OK, data: 'success' } });
    expect(await telnet(`http://${host()}`)).toEqual({ status: 200, body: { ...OK, data: 'success' } });
  });

  test('or that nobody does', async () => {
    expect(await telnet(`127.0.0.1:${await closedPort()}`)).toEqual(refused(1103005, /no connection/));
    expect(await telnet('nowhere.invalid')).toEqual(refused(1103005, /no connection/));
  });
});

describe.each([
  ['ping', ping, 1103004],
  ['telnet', telnet, 1103005],
] as const)('%s goes through the egress policy', (_, test_, code) => {
  test.each(['10.0.0.1', '169.254.169.254', '[::ffff:127.0.0.1]', '2130706434:1'])('%s', async (target) => {
    const answer = await test_(target);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ result: false, bk_error_code: code, data: null });
    // As a closed port, word for word.
    expect(answer).toEqual(await test_(`127.0.0.1:${await closedPort()}`));
  });

  test.each(['http://u:p@127.0.0.1/', '127.0.0.1:0', 'ftp://127.0.0.1'])('%s is no URL to call', async (target) => {
    expect((await test_(target)).body).toMatchObject({
      ...{ result: false, bk_error_code: 1199006, data: null },
      bk_error_msg: expect.stringContaining('callback_url'),
    });
  });
});
