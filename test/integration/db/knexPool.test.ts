import type { Knex } from 'knex';
import { TcpProxy } from '../../../faults/proxy/tcpProxy';
import { openKnexPool } from '../../../src/db/knexPool';
import { createTestDatabase, type TestDatabase } from '../../support/postgres';

let database: TestDatabase;
let link: TcpProxy;
let knex: Knex;

beforeEach(async () => {
  database = await createTestDatabase();
  const url = new URL(database.url);
  link = await TcpProxy.start({ target: { host: url.hostname, port: Number(url.port) } });
  url.host = `127.0.0.1:${link.port}`;
  knex = openKnexPool({
    connection: { connectionString: url.href },
    size: 1,
    settle: async () => undefined,
    connectTimeoutMs: 5000,
    answerTimeoutMs: 500,
  });
});

afterEach(async () => {
  link?.heal();
  await knex?.destroy();
  await link?.stop();
  await database?.drop();
});

test.each([
  ['a statement', (): Promise<unknown> => Promise.resolve(knex.raw('SELECT 1'))],
  ['one in a transaction', (): Promise<unknown> => knex.transaction((trx) => trx.raw('SELECT 1'))],
])('a connection on which %s was not answered is not handed out again', async (_what, ask) => {
  await ask();
  link.setMode({ kind: 'halfOpen' });
  await expect(ask()).rejects.toThrow();
  link.heal();
  await expect(ask()).resolves.toBeDefined();
});
