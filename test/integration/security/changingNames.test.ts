import type { NameLookup } from '../../../src/outbound/names/nameLookup';
import { OwnServers } from '../../../src/outbound/ownServers';
import { type Installation, OPERATOR, startInstallation, waitFor } from '../../support/engine';
import { type Receiver, startReceiver } from '../../support/receiver';

jest.setTimeout(180_000);

const NAME = 'receiver.example';
/** What the name resolves to at this moment. */
let addresses: string[] = [];
const lookup: NameLookup = (_hostname, _request, done) => {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  setImmediate(() => done(null, found));
};

let installation: Installation;
let node: Awaited<ReturnType<Installation['startNode']>>;
/** Stands for a server of ours: it listens on every address of this machine. */
let own: Receiver;
let receiver: Receiver;

beforeAll(async () => {
  installation = await startInstallation();
  own = await startReceiver({ host: '0.0.0.0' });
  receiver = await startReceiver();
  const ownServers = new OwnServers();
  await ownServers.add(() => [{ host: '0.0.0.0', port: own.port }]);
  node = await installation.startNode({ lookup, ownServers });
});
afterAll(async () => {
  await node?.stop();
  await installation?.stop();
  await receiver?.stop();
  expect(own?.connections()).toMatchObject({ seen: 0 });
  await own?.stop();
});

const CALLER = { caller: { ...OPERATOR, tenantId: 'acme', appId: 'shop' } };
const NOT_REACHED = { status: 422, message: expect.stringContaining('may not be called') };

test('a name that leads to a server of ours only now and then: at registration, at a test call, at an attempt', async () => {
  const callbackUrl = `http://${NAME}:${own.port}/hook`;
  addresses = ['10.9.9.9'];
  const id = await node.subscribe({ callbackUrl, retry: [1, 1, 1, 1] });
  const errors = async (count: number): Promise<string[]> =>
    waitFor(
      async () => {
        const found = await installation
          .knex('attempts')
          .join('deliveries', 'deliveries.id', 'attempts.delivery_id')
          .where({ subscription_id: id })
          .orderBy('number')
          .select('error', 'status_code');
        expect(found.filter(({ status_code }) => status_code !== null)).toEqual([]);
        return found.length >= count ? found.map(({ error }) => error) : undefined;
      },
      { what: `${count} attempts`, timeoutMs: 30_000 },
    );
  for (const answer of [['127.0.0.1'], ['::1'], ['127.0.0.2', '127.0.0.1']]) {
    addresses = answer;
    await expect(node.services.cmdb.ping({ ...CALLER, callbackUrl, data: '{}' })).rejects.toMatchObject(NOT_REACHED);
    await expect(node.services.cmdb.telnet({ ...CALLER, callbackUrl })).rejects.toMatchObject(NOT_REACHED);
  }
  addresses = ['10.9.9.9'];
  await node.publish();
  expect((await errors(1))[0]).toContain('private');
  addresses = ['127.0.0.1'];
  expect((await errors(3)).at(-1)).toContain('server of this installation');
  addresses = ['127.0.0.1', '10.9.9.9'];
  expect((await errors(4)).at(-1)).toMatch(/private|server of this installation/);
});

test('the same name, at the port of a receiver, is reached', async () => {
  addresses = ['127.0.0.1'];
  const id = await node.subscribe({ callbackUrl: `http://${NAME}:${receiver.port}/hook`, topics: ['hs'] });
  await node.publish({ topic: 'hs' });
  await receiver.waitForHits('/hook', 1);
  expect(id).toBeTruthy();
});
