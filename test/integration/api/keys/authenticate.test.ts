import { type Database, openDatabase } from '../../../../src/db/database';
import { createAuthenticator } from '../../../../src/services/keys/authenticate';
import { createKey } from '../../../../src/services/keys/createKey';
import { revokeKey } from '../../../../src/services/keys/revokeKey';
import { formatKey, newKeyParts } from '../../../../src/services/keys/secret';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres';
import { steerOn } from '../../../support/steer';
import { OPERATOR } from '../testApi';

let database: TestDatabase;
let db: Database;
let queries: number;
let responses: number;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase({ url: database.url, onIdleError: () => undefined });
  db.knex.on('query', () => {
    queries++;
  });
  db.knex.on('query-response', () => {
    responses++;
  });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

function authenticator() {
  const clock = { ms: 0 };
  return { clock, authenticate: createAuthenticator(db.knex, { nowMs: () => clock.ms }) };
}

const operatorKey = () => createKey(db.knex, { caller: OPERATOR, roles: ['operator'] });

test('calls at once share a query, later ones need none and no promise', async () => {
  const { id, key } = await operatorKey();
  const { authenticate } = authenticator();
  queries = 0;
  const callers = await Promise.all(Array.from({ length: 20 }, () => authenticate(key)));
  expect(new Set(callers.map((caller) => caller?.keyId))).toEqual(new Set([id]));
  expect(authenticate(key)).toMatchObject({ keyId: id, roles: ['operator'] });
  expect(queries).toBe(1);
});

test('a wrong secret of a known key needs no query', async () => {
  const { id, key } = await operatorKey();
  const { authenticate } = authenticator();
  await authenticate(key);
  queries = 0;
  expect(authenticate(formatKey({ id, secret: newKeyParts().secret }))).toBeNull();
  expect(queries).toBe(0);
});

test('an unknown key is asked for once in 5 s', async () => {
  const { clock, authenticate } = authenticator();
  const stranger = formatKey(newKeyParts());
  queries = 0;
  for (let call = 0; call < 5; call++) expect(await authenticate(stranger)).toBeNull();
  expect(queries).toBe(1);
  clock.ms = 5001;
  await authenticate(stranger);
  expect(queries).toBe(2);
});

test('a revoked key is refused within 5 s, also one that is in use all the time', async () => {
  const { id, key } = await operatorKey();
  const { clock, authenticate } = authenticator();
  await authenticate(key);
  await revokeKey(steerOn(db.knex), { caller: OPERATOR, id });
  clock.ms = 2400;
  expect(await authenticate(key)).not.toBeNull();
  clock.ms = 5000;
  expect(await authenticate(key)).toBeNull();
});

test('a key in use is read again beside the calls', async () => {
  const { id, key } = await operatorKey();
  const { clock, authenticate } = authenticator();
  await authenticate(key);
  queries = responses = 0;
  for (let call = 1; call <= 20; call++) {
    clock.ms += 2600;
    expect(authenticate(key)).toMatchObject({ keyId: id });
    while (responses < call) await new Promise(setImmediate);
    await new Promise(setImmediate);
  }
  expect(queries).toBe(20);
});

test('a key that was made after somebody had tried it is taken when the memory of that has run out', async () => {
  const { clock, authenticate } = authenticator();
  const { id, key } = await operatorKey();
  await db.knex('keys').where({ id }).update({ revoked_at: db.knex.fn.now() });
  expect(await authenticate(key)).toBeNull();
  await db.knex('keys').where({ id }).update({ revoked_at: null });
  clock.ms = 5001;
  expect(await authenticate(key)).toMatchObject({ keyId: id });
});

test('a database that is away is a fault, not a refusal', async () => {
  const away = openDatabase({ url: 'postgres://nobody@127.0.0.1:1/none', onIdleError: () => undefined });
  const authenticate = createAuthenticator(away.knex);
  await expect(authenticate(formatKey(newKeyParts()))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await away.close();
});
