import { createEgressPolicy } from '../../../src/outbound/egressPolicy';
import { createHttpClient, type HttpClient } from '../../../src/outbound/httpClient';
import type { NameLookup } from '../../../src/outbound/names/nameLookup';
import type { Caller } from '../../../src/services/caller';
import { testCallsOver } from '../../support/callOut';
import { type Receiver, startReceiver } from '../../support/receiver';

const egress = createEgressPolicy({ allow: ['127.0.0.1/32'] });
let receiver: Receiver;
let client: HttpClient;

beforeEach(async () => {
  receiver = await startReceiver();
  receiver.on('/hang', 'hang');
  client = createHttpClient({ egress });
});
afterEach(async () => {
  await receiver.stop();
  await client.close();
});

const callerOf = (tenantId: string | null, keyId = 'k'): Caller => ({
  ...{ keyId, tenantId, appId: 'shop', roles: ['subscriber'], subject: null },
});
const postTo = (url: string) => ({ url, headers: {}, body: '{}', timeoutMs: 10_000 });

test('a tenant whose calls hang is refused more of them; another one is not, nor an operator', async () => {
  const calls = testCallsOver(client, { slots: 64 });
  const ends = Array.from({ length: 40 }, () =>
    calls.post(callerOf('acme'), postTo(receiver.url('/hang'))).catch((error: unknown) => error),
  );
  await receiver.waitForHits('/hang', 32);
  for (const caller of [callerOf('rival'), callerOf(null)]) {
    expect(await calls.post(caller, postTo(receiver.url('/hook')))).toMatchObject({ statusCode: 200 });
    expect(await calls.connect(caller, { url: receiver.url('/hook'), timeoutMs: 10_000 })).toBe(true);
  }
  expect(await Promise.all(ends.slice(32))).toEqual(
    Array(8).fill(expect.objectContaining({ status: 429, retryAfterS: 1 })),
  );
  expect(receiver.hits('/hang')).toHaveLength(32);
  // What ends makes room.
  await receiver.stop();
  expect((await Promise.all(ends.slice(0, 32))).map((end) => (end as { statusCode: null }).statusCode)).toEqual(
    Array(32).fill(null),
  );
  receiver = await startReceiver();
  expect(await calls.post(callerOf('acme'), postTo(receiver.url('/hook')))).toMatchObject({ statusCode: 200 });
});

test('a name that cannot be looked up in turn is no failure of the callback', async () => {
  const lookup: NameLookup = (_hostname, { onWaiting }) => onWaiting('a turn');
  const queued = createHttpClient({ egress, lookup });
  const calls = testCallsOver(queued);
  const refused = expect.objectContaining({ status: 503, retryAfterS: 1 });
  await expect(calls.post(callerOf('acme'), postTo('http://queued.test/'))).rejects.toEqual(refused);
  await expect(calls.connect(callerOf('acme'), { url: 'http://queued.test/', timeoutMs: 10_000 })).rejects.toEqual(
    refused,
  );
  await queued.close();
});
