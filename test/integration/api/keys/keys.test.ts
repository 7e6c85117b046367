import { type Database, openDatabase } from '../../../../src/db/database';
import { findKey, listKeys } from '../../../../src/db/keys';
import { createAuthenticator } from '../../../../src/services/keys/authenticate';
import { type CreateKeyInput, createKey } from '../../../../src/services/keys/createKey';
import { ensureOperatorKey } from '../../../../src/services/keys/operatorKey';
import { revokeKey } from '../../../../src/services/keys/revokeKey';
import { formatKey, newKeyParts, parseKey } from '../../../../src/services/keys/secret';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres';
import { steerOn } from '../../../support/steer';
import { OPERATOR } from '../testApi';

let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase({ url: database.url, onIdleError: () => undefined });
  await db.knex('tenants').insert([
    { id: 'acme', name: 'Acme' },
    { id: 'rival', name: 'Rival' },
  ]);
  await db.knex('apps').insert({ tenant_id: 'acme', id: 'shop', name: 'Shop' });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

const inAcme = { ...OPERATOR, tenantId: 'acme' };
const create = (input: Omit<CreateKeyInput, 'caller'>, caller = OPERATOR) => createKey(db.knex, { caller, ...input });

test('a key says its id, and holds 256 bits of which only the hash is kept', async () => {
  const { id, key } = await create({
    tenantId: 'acme',
    appId: 'shop',
    roles: ['subscriber', 'subscriber'],
    subject: 'u',
  });
  const parts = parseKey(key);
  expect(parts?.id).toBe(id);
  expect(Buffer.from(parts?.secret ?? '', 'base64url')).toHaveLength(32);
  expect(await findKey(db.knex, id)).toMatchObject({
    tenantId: 'acme',
    appId: 'shop',
    roles: ['subscriber'],
    subject: 'u',
  });
  const { rows } = await db.knex.raw('SELECT keys::text AS line FROM keys WHERE id = ?', [id]);
  expect(rows[0].line).not.toContain(parts?.secret);
});

test.each<[string, Omit<CreateKeyInput, 'caller'>, number]>([
  ['no roles', { tenantId: 'acme', roles: [] }, 400],
  ['a producer without a tenant', { roles: ['producer'] }, 400],
  ['a subscriber without an app', { tenantId: 'acme', roles: ['subscriber'] }, 400],
  ['an app without its tenant', { appId: 'shop', roles: ['operator'] }, 400],
  ['a subject that is no subscriber', { tenantId: 'acme', roles: ['producer'], subject: 'u' }, 400],
  ['an unknown tenant', { tenantId: 'nobody', roles: ['producer'] }, 404],
  ['an unknown app', { tenantId: 'acme', appId: 'none', roles: ['subscriber'] }, 404],
  ["another tenant's app", { tenantId: 'rival', appId: 'shop', roles: ['subscriber'] }, 404],
])('%s', async (_, input, status) => {
  await expect(create(input)).rejects.toMatchObject({ name: 'Refusal', status });
});

test.each<[string, Omit<CreateKeyInput, 'caller'>]>([
  ['of another tenant', { tenantId: 'rival', roles: ['producer'] }],
  ['of no tenant', { roles: ['operator'] }],
  ['that publish for all tenants', { tenantId: 'acme', roles: ['platform'] }],
])('an operator of one tenant makes no keys %s', async (_, input) => {
  await expect(create(input, inAcme)).rejects.toMatchObject({ status: 403 });
});

test('an operator of one tenant makes and revokes keys of it', async () => {
  const { id } = await create({ tenantId: 'acme', roles: ['operator', 'producer'] }, inAcme);
  await revokeKey(steerOn(db.knex), { caller: inAcme, id });
  const first = await findKey(db.knex, id);
  expect(first?.revokedAt).toBeInstanceOf(Date);
  await revokeKey(steerOn(db.knex), { caller: OPERATOR, id });
  expect((await findKey(db.knex, id))?.revokedAt).toEqual(first?.revokedAt);
});

test('revoking what is not there, or not of the own tenant', async () => {
  const { id } = await create({ tenantId: 'rival', roles: ['producer'] });
  await expect(revokeKey(steerOn(db.knex), { caller: inAcme, id })).rejects.toMatchObject({ status: 404 });
  await expect(revokeKey(steerOn(db.knex), { caller: OPERATOR, id: 'none' })).rejects.toMatchObject({ status: 404 });
  expect((await findKey(db.knex, id))?.revokedAt).toBeNull();
});

test('lists in the order of ids, a page at a time, of one tenant or all, without hashes', async () => {
  const all = await listKeys(db.knex, { tenantId: null, after: null, limit: 500 });
  expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).toSorted());
  const second = await listKeys(db.knex, { tenantId: null, after: all[0]?.id ?? '', limit: 1 });
  expect(second).toEqual([all[1]]);
  const ofRival = await listKeys(db.knex, { tenantId: 'rival', after: null, limit: 500 });
  expect(ofRival.length).toBeGreaterThan(0);
  expect(ofRival.every(({ tenantId }) => tenantId === 'rival')).toBe(true);
  expect(JSON.stringify(all)).not.toContain('ecret');
});

describe('the operator key', () => {
  const caller = (key: string) => createAuthenticator(db.knex)(key);

  test('is stored once, of no tenant', async () => {
    const key = formatKey(newKeyParts());
    await Promise.all([1, 2, 3].map(() => ensureOperatorKey(db.knex, key)));
    expect(await caller(key)).toMatchObject({ tenantId: null, appId: null, roles: ['operator'] });
  });

  test('a changed one is added, a changed secret replaces', async () => {
    const [first, second] = [formatKey(newKeyParts()), formatKey(newKeyParts())];
    await ensureOperatorKey(db.knex, first);
    await ensureOperatorKey(db.knex, second);
    expect([await caller(first), await caller(second)]).not.toContain(null);
    const third = formatKey({ id: parseKey(second)?.id ?? '', secret: newKeyParts().secret });
    await ensureOperatorKey(db.knex, third);
    expect(await caller(second)).toBeNull();
    expect(await caller(third)).not.toBeNull();
  });

  test('one that was revoked stays revoked', async () => {
    const key = formatKey(newKeyParts());
    await ensureOperatorKey(db.knex, key);
    await revokeKey(steerOn(db.knex), { caller: OPERATOR, id: parseKey(key)?.id ?? '' });
    await ensureOperatorKey(db.knex, key);
    expect(await caller(key)).toBeNull();
  });

  test('is no other key, and no other text', async () => {
    const { id, key } = await create({ tenantId: 'acme', roles: ['producer'] });
    const taken = formatKey({ id, secret: newKeyParts().secret });
    await expect(ensureOperatorKey(db.knex, taken)).rejects.toThrow("not the installation's");
    expect(await caller(key)).toMatchObject({ roles: ['producer'] });
    await expect(ensureOperatorKey(db.knex, 'secret')).rejects.toThrow('form');
  });
});
