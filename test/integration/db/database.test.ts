import { type Database, openDatabase } from '../../../src/db/database';
import { waitFor } from '../../support/engine';
import { type Link, startLink } from '../../support/link';
import { createTestDatabase } from '../../support/postgres';

jest.setTimeout(30_000);

const SLEEP = { name: 'sleep', text: 'SELECT pg_sleep($1)' };

let direct: Database;
let behindLink: Database;
let linkUrl: string;
let link: Link;
let drop: () => Promise<void>;

beforeEach(async () => {
  const database = await createTestDatabase();
  drop = database.drop;
  const url = new URL(database.url);
  link = await startLink({ port: Number(url.port) });
  direct = openDatabase({ url: database.url, onIdleError: () => undefined });
  url.port = String(link.port);
  linkUrl = url.href;
  behindLink = openDatabase({ url: linkUrl, onIdleError: () => undefined });
});

afterEach(async () => {
  await behindLink.close();
  await direct.close();
  await link.stop();
  await drop();
});

/** @param end what is done with the backend that runs it. */
function whenUnderWay(end = 'pid'): Promise<unknown> {
  return waitFor(
    async () => {
      const { rows } = await direct.knex.raw<{ rows: unknown[] }>(
        `SELECT ${end} FROM pg_stat_activity
         WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep(%' AND state = 'active'`,
      );
      return rows[0];
    },
    { what: 'the statement under way' },
  );
}

test('a link that is cut under a statement is that statement alone: no process ends, the next one works', async () => {
  const uncaught: unknown[] = [];
  const note = (error: unknown) => uncaught.push(error);
  process.on('uncaughtException', note);
  try {
    const rejected = expect(behindLink.run(SLEEP, [20])).rejects.toThrow();
    await whenUnderWay();
    link.cut();
    await rejected;
    await expect(behindLink.run(SLEEP, [0])).resolves.toHaveLength(1);
    expect(uncaught).toEqual([]);
    // Its backend sleeps on, and would not hear of the cut before it wakes.
    await whenUnderWay('pg_terminate_backend(pid)');
  } finally {
    process.off('uncaughtException', note);
  }
});

test('a connection whose backend has ended goes to nobody again', async () => {
  const rejected = expect(behindLink.run(SLEEP, [20])).rejects.toMatchObject({ code: '57P01' });
  await whenUnderWay('pg_terminate_backend(pid)');
  await rejected;
  await expect(behindLink.run(SLEEP, [0])).resolves.toHaveLength(1);
});

test('an answer that never comes is not waited for, and its connection goes to nobody again', async () => {
  const impatient = openDatabase({ url: linkUrl, answerTimeoutMs: 300, onIdleError: () => undefined });
  await impatient.run(SLEEP, [0]);
  link.silence(true);
  await expect(impatient.run(SLEEP, [0])).rejects.toThrow('no answer within 300 ms');
  link.silence(false);
  await expect(impatient.run(SLEEP, [0])).resolves.toHaveLength(1);
  await impatient.close();
});
