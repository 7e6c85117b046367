import { migrate } from '../../../src/db/migrate';
import { checkSessions } from '../../../src/db/sessionCheck';
import { type Installation, startInstallation } from '../../support/engine';
import { type Receiver, startReceiver } from '../../support/receiver';
import { attemptsOf, deliveriesOf, waitForStates } from './rows';

jest.setTimeout(60_000);

let installation: Installation;
let receiver: Receiver;

beforeEach(async () => {
  installation = await startInstallation();
  receiver = await startReceiver();
});

afterEach(async () => {
  await receiver?.stop();
  await installation?.stop();
});

type Settings = Record<string, string>;

const GERMAN = { DateStyle: 'German', default_transaction_isolation: 'repeatable read', TimeZone: 'Asia/Kathmandu' };
const ORACLE = { DateStyle: 'SQL, DMY', default_transaction_isolation: 'serializable', IntervalStyle: 'iso_8601' };

/** Of the database, and of the role in it, as an administrator sets them. */
async function alter(who: 'database' | 'role', settings: Settings): Promise<string> {
  const { knex, databaseUrl } = installation;
  const { rows } = await knex.raw("SELECT format('%I', current_database()) AS db, format('%I', current_user) AS role");
  const [{ db, role }] = rows;
  const target = who === 'database' ? `DATABASE ${db}` : `ROLE ${role} IN DATABASE ${db}`;
  for (const [name, value] of Object.entries(settings)) {
    await knex.raw(`ALTER ${target} SET ${name} = ${name === 'DateStyle' ? value : `'${value}'`}`);
  }
  return databaseUrl;
}

/** The same by `options` of the URL, as libpq takes them. */
function withOptions(settings: Settings): string {
  const url = new URL(installation.databaseUrl);
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value.replaceAll(' ', '\\ ')}`);
  url.searchParams.set('options', options.join(' '));
  return url.href;
}

test.each([
  ['the database', () => alter('database', GERMAN)],
  ['the role', () => alter('role', ORACLE)],
  ['options in DATABASE_URL', async () => withOptions(ORACLE)],
  ['options beside those of the role', async () => (await alter('role', GERMAN)) && withOptions(ORACLE)],
] as const)('settings of %s: it starts, every publish is taken, and everything is delivered', async (_, set) => {
  const url = await set();
  await expect(checkSessions(url)).resolves.toEqual({ schema: 'public' });
  await migrate(url);
  const node = await installation.startNode({ url });
  receiver.on('/hook', (hit) => ({ status: hit <= 5 ? 400 : 200 }));
  const subscriptionId = await node.subscribe({ callbackUrl: receiver.url('/hook'), retry: [1], maxInFlight: 5 });
  const ordered = await node.subscribe({ callbackUrl: receiver.url('/ordered'), ordered: true });
  await Promise.all(Array.from({ length: 60 }, () => node.publish()));
  await waitForStates(installation.knex, { subscriptionId, states: { delivered: 60 }, timeoutMs: 30_000 });
  await waitForStates(installation.knex, { subscriptionId: ordered, states: { delivered: 60 }, timeoutMs: 30_000 });
  for (const { id } of (await deliveriesOf(installation.knex, subscriptionId)).slice(0, 3)) {
    const { createdAt } = await node.services.deliveries.read({ id, scope: { kind: 'all' } });
    expect(Math.abs(Date.now() - createdAt.getTime())).toBeLessThan(3_600_000);
    const [attempt] = await attemptsOf(installation.knex, id);
    expect(attempt?.started_at.getTime()).toBeGreaterThan(createdAt.getTime() - 60_000);
  }
});
