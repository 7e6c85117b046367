import { createEgressPolicy } from '../../../src/outbound/egressPolicy';
import { type Endpoint, OwnServers } from '../../../src/outbound/ownServers';
import { createThisMachine } from '../../../src/outbound/thisMachine';

const EVERYTHING = ['0.0.0.0/0', '::/0'];
const MACHINE = ['127.0.0.1', '::1', '10.1.1.1', 'fe80::7', '2606:4700::7'];
const REFUSAL = 'server of this installation';

/** Names and what they resolve to, which a test may change. */
async function knowing(endpoints: Endpoint[], names: Record<string, string[]> = {}) {
  let nowMs = 0;
  const servers = new OwnServers({
    resolve: async (host) => {
      const addresses = names[host];
      if (!addresses) throw new Error(`${host} does not resolve`);
      return addresses;
    },
    machine: createThisMachine(() => MACHINE),
    nowMs: () => nowMs,
  });
  await servers.add(() => endpoints);
  const policy = createEgressPolicy({ allow: EVERYTHING, ownServers: servers, ownAddresses: () => MACHINE });
  return {
    policy,
    async after(minutes: number) {
      nowMs += minutes * 60_000;
      await servers.refresh();
    },
  };
}

const MAPPED_AND_TRANSLATED = ['::ffff:127.0.0.1', '::ffff:0:7f00:1', '64:ff9b::7f00:1', '2002:7f00:1::', '::7f00:1'];
const OF_THIS_MACHINE = [...MACHINE, '127.0.0.2', '127.255.255.254', '0.0.0.0', '::', ...MAPPED_AND_TRANSLATED];

describe.each(['127.0.0.1', '0.0.0.0', '::', '::1', '10.1.1.1'])('a server of ours that listens on %s', (host) => {
  test.each(OF_THIS_MACHINE)('is not reached as %s', async (address) => {
    const { policy } = await knowing([{ host, port: 5432 }]);
    expect(policy.refusalOf(address, 5432)).toBe(REFUSAL);
    expect(policy.refusalOf(address, 5433)).toBeNull();
  });

  test('takes no port from other machines', async () => {
    const { policy } = await knowing([{ host, port: 5432 }]);
    expect(policy.refusalOf('10.1.1.2', 5432)).toBeNull();
    expect(policy.refusalOf('8.8.8.8', 5432)).toBeNull();
  });
});

test.each(['10.9.9.9', '::ffff:10.9.9.9', '64:ff9b::a09:909', '2002:a09:909::1'])(
  'a server elsewhere is not reached as %s, and its neighbours are',
  async (address) => {
    const { policy } = await knowing([{ host: '10.9.9.9', port: 7233 }]);
    expect(policy.refusalOf(address, 7233)).toBe(REFUSAL);
    expect(policy.refusalOf(address, 7234)).toBeNull();
    expect(policy.refusalOf('10.9.9.8', 7233)).toBeNull();
    expect(policy.refusalOf('127.0.0.1', 7233)).toBeNull();
  },
);

test('every address of a name is refused', async () => {
  const { policy } = await knowing([{ host: 'db', port: 5432 }], { db: ['10.9.9.9', '2606:4700::9'] });
  expect(policy.refusalOf('10.9.9.9', 5432)).toBe(REFUSAL);
  expect(policy.refusalOf('2606:4700:0::9', 5432)).toBe(REFUSAL);
});

test('a name that leads elsewhere is refused there, and for ten minutes where it led before', async () => {
  const names: Record<string, string[]> = { db: ['10.9.9.9'] };
  const { policy, after } = await knowing([{ host: 'db', port: 5432 }], names);
  names.db = ['10.9.9.10'];
  await after(1);
  expect(policy.refusalOf('10.9.9.10', 5432)).toBe(REFUSAL);
  expect(policy.refusalOf('10.9.9.9', 5432)).toBe(REFUSAL);
  await after(10);
  expect(policy.refusalOf('10.9.9.10', 5432)).toBe(REFUSAL);
  expect(policy.refusalOf('10.9.9.9', 5432)).toBeNull();
});

test('a name that does not resolve for a while stays refused where it led', async () => {
  const names: Record<string, string[]> = { db: ['10.9.9.9'] };
  const { policy, after } = await knowing([{ host: 'db', port: 5432 }], names);
  delete names.db;
  await after(5);
  expect(policy.refusalOf('10.9.9.9', 5432)).toBe(REFUSAL);
});
