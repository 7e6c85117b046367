import { type Database, openDatabase } from '../../../src/db/database';
import { type Authenticate, createAuthenticator } from '../../../src/services/keys/authenticate';
import { createKey } from '../../../src/services/keys/createKey';
import { formatKey, newKeyParts } from '../../../src/services/keys/secret';
import { OPERATOR } from '../../support/engine';
import { createTestDatabase, type TestDatabase } from '../../support/postgres';

jest.setTimeout(30_000);

let database: TestDatabase;
let db: Database;
let authenticate: Authenticate;
/** When each query was sent. */
let queriesAtMs: number[];

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase({ url: database.url, onIdleError: () => undefined });
  db.knex.on('query', () => queriesAtMs.push(performance.now()));
});
beforeEach(() => {
  authenticate = createAuthenticator(db.knex);
  queriesAtMs = [];
});
afterAll(async () => {
  await db?.close();
  await database?.drop();
});

const madeUp = () => formatKey(newKeyParts());
const operatorKey = () => createKey(db.knex, { caller: OPERATOR, roles: ['operator'] });

/** So many callers, each trying one made-up key after the other. */
async function flood({ callers, each }: { callers: number; each: number }): Promise<void> {
  const one = async () => {
    for (let call = 0; call < each; call++) expect(await authenticate(madeUp())).toBeNull();
  };
  await Promise.all(Array.from({ length: callers }, one));
}

test('500 at once are looked up in two queries', async () => {
  await flood({ callers: 500, each: 1 });
  expect(queriesAtMs).toHaveLength(2);
});

test('many callers that try on and on share their queries, with a rest after each', async () => {
  await flood({ callers: 50, each: 5 });
  expect(queriesAtMs.length).toBeLessThan(250 / 10);
  const gapsMs = queriesAtMs.slice(1).map((atMs, index) => atMs - (queriesAtMs[index] ?? 0));
  // The rest is 25 ms by a timer, which may count a millisecond less.
  expect(Math.min(...gapsMs)).toBeGreaterThan(23);
});

test('a real key that comes for the first time meanwhile is taken, and one in use needs no query', async () => {
  const [first, known] = [await operatorKey(), await operatorKey()];
  expect(await authenticate(known.key)).toMatchObject({ keyId: known.id });
  const flooding = flood({ callers: 100, each: 3 });
  expect(authenticate(known.key)).toMatchObject({ keyId: known.id });
  expect(await authenticate(first.key)).toMatchObject({ keyId: first.id });
  await flooding;
});

test('a query that fails is the fault of nobody who comes after it', async () => {
  await db.knex.raw('ALTER TABLE keys RENAME TO locked_away');
  const failed = await Promise.allSettled([authenticate(madeUp()), authenticate(madeUp()), authenticate(madeUp())]);
  await db.knex.raw('ALTER TABLE locked_away RENAME TO keys');
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  const { id, key } = await operatorKey();
  expect(await authenticate(key)).toMatchObject({ keyId: id });
});
