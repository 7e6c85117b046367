import { networkInterfaces } from 'node:os';
import { type Account, call, makeAccount } from '../support/api';
import { startReceiver } from '../support/receiver';
import { deliverEverywhere, type Installation, startEmbedded, startExternal } from './ownServersSetup';

jest.setTimeout(400_000);

const FROZEN = 'MOZI_BUC_ACCOUNT_MODIFY_REALM|frozen';
const NAMES = ['127.0.0.1', 'localhost', '127.0.0.2'];
const own = Object.values(networkInterfaces())
  .flat()
  .find((found) => found && !found.internal && found.family === 'IPv4')?.address;

describe.each([
  ['embedded', startEmbedded],
  ['external', startExternal],
])('%s servers, with loopback allowed', (_, start) => {
  let installation: Installation;
  let account: Account;
  beforeAll(async () => {
    installation = await start();
    account = await makeAccount(installation.product);
  });
  afterAll(() => installation?.stop());

  test('a receiver beside them is reached, by every interface', async () => {
    const attempts = await deliverEverywhere(installation, installation.receiver.url('/all'));
    expect(attempts).toEqual(attempts.map(() => expect.objectContaining({ statusCode: 200 })));
  });

  test('no delivery of any interface reaches them', async () => {
    for (const [index, port] of installation.ports.entries()) {
      const host = NAMES[index % NAMES.length];
      for (const attempt of await deliverEverywhere(installation, `http://${host}:${port}/`)) {
        expect({ host, port, attempt }).toMatchObject({
          attempt: { statusCode: null, error: expect.stringMatching(/may not be called/) },
        });
      }
    }
  });

  test('neither ping nor telnet does, and their answer is that of a closed port', async () => {
    const closed = await startReceiver();
    await closed.stop();
    const answers = [...installation.ports, closed.port].map(async (port) => {
      // Each key has test calls of its own.
      const { subscriber } = await makeAccount(installation.product);
      const said = new Set<string>();
      for (const host of [...NAMES, '2130706433', ...(own ? [own] : [])]) {
        for (const path of ['ping', 'telnet']) {
          const test = { callback_url: `http://${host}:${port}/api/v1/namespaces`, data: {} };
          const { status, body } = await call(subscriber, 'POST', `/api/v3/event/subscribe/${path}`, test);
          said.add(JSON.stringify({ path, status, body }));
        }
      }
      return [...said].sort();
    });
    const [first = [], ...others] = await Promise.all(answers);
    expect(first).toEqual([expect.stringContaining('"bk_error_code":1103004'), expect.stringContaining('1103005')]);
    for (const other of others) expect(other).toEqual(first);
  });

  test('an address of theirs is refused where it is registered', async () => {
    const { subscriber, operator, tenantId, appId, topic } = account;
    for (const port of installation.ports) {
      const callbackUrl = `http://127.0.0.3:${port}/`;
      const answers = [
        await call(subscriber, 'POST', '/v1/subscriptions', { topics: [topic], callbackUrl }),
        await call(subscriber, 'POST', '/gateway/callbacks', { eventTag: FROZEN, callbackUrl }),
        await call(operator, 'PATCH', `/v1/apps/${tenantId}/${appId}`, { callbackUrl }),
      ];
      expect({ port, statuses: answers.map(({ status }) => status) }).toEqual({ port, statuses: [400, 400, 400] });
    }
  });
});
