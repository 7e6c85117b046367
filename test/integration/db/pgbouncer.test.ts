import { openDatabase } from '../../../src/db/database';
import { migrate } from '../../../src/db/migrate';
import { checkSessions } from '../../../src/db/sessionCheck';
import { type PgBouncer, type PoolMode, startPgBouncer } from '../../support/pgbouncer';
import { createTestDatabase, type TestDatabase } from '../../support/postgres';

jest.setTimeout(60_000);

/** More than there are connections, so that each is used again and again. */
const STATEMENTS = 100;

let database: TestDatabase;
let bouncer: PgBouncer | undefined;

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(async () => {
  await bouncer?.stop();
  bouncer = undefined;
  await database.drop();
});

async function behind(mode: PoolMode): Promise<string> {
  bouncer = await startPgBouncer({ url: database.url, mode });
  return bouncer.url;
}

test('behind PgBouncer in session mode everything works, with our settings', async () => {
  const url = await behind('session');
  await expect(checkSessions(url)).resolves.toEqual({ schema: 'public' });
  await migrate(url);
  const db = openDatabase({ url, onIdleError: () => undefined });
  try {
    const text = "SELECT current_setting('statement_timeout') AS timeout, current_setting('enable_seqscan') AS seqscan";
    const answers = Array.from({ length: STATEMENTS }, (_, i) => db.run({ name: `statement_${i % 3}`, text }, []));
    expect(new Set((await Promise.all(answers)).map(([row]) => JSON.stringify(row)))).toEqual(
      new Set([JSON.stringify({ timeout: '8s', seqscan: 'off' })]),
    );
    for (const pool of [db.knex, db.keys, db.reserved]) {
      expect((await pool.raw('SHOW statement_timeout')).rows).toEqual([{ statement_timeout: '8s' }]);
    }
  } finally {
    await db.close();
  }
});

test.each<PoolMode>(['transaction', 'statement'])('in %s mode the start stops with a sentence', async (mode) => {
  const url = await behind(mode);
  await expect(checkSessions(url)).rejects.toThrow('use pool_mode = session, or connect to PostgreSQL itself');
});
