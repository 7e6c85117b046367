import knexLib from 'knex';
import { pino } from 'pino';
import { loggedError } from '../../../src/config/log';
import { createTestDatabase, type TestDatabase } from '../../support/postgres';

const MARKER = 'planted marker';

jest.setTimeout(30_000);

let database: TestDatabase;
let knex: ReturnType<typeof knexLib>;
beforeAll(async () => {
  database = await createTestDatabase();
  const log = { warn() {}, error() {}, debug() {}, deprecate() {} };
  const pool = { min: 0, max: 1 };
  knex = knexLib({ client: 'pg', connection: database.url, pool, acquireConnectionTimeout: 4_000, log });
});
afterAll(async () => {
  await knex.destroy();
  await database.drop();
});

/** What a line shows, and what pino would show of itself. */
function shown(error: Error): { ours: string; pinos: string } {
  return { ours: JSON.stringify(loggedError(error)), pinos: JSON.stringify(pino.stdSerializers.err(error)) };
}

test('a row that PostgreSQL refuses is not quoted', async () => {
  await knex.raw('ALTER TABLE tenants ADD CONSTRAINT short CHECK (length(name) < 5)');
  const error = await knex('tenants')
    .insert({ id: 'acme', name: MARKER })
    .catch((thrown: Error) => thrown);
  const { ours, pinos } = shown(error as Error);
  expect([pinos.includes(MARKER), ours.includes(MARKER)]).toEqual([true, false]);
  expect(JSON.parse(ours)).toMatchObject({
    ...{ type: 'DatabaseError', code: '23514', table: 'tenants', constraint: 'short' },
    ...{ message: expect.stringContaining('violates check constraint'), stack: expect.stringContaining('at ') },
  });
});

test('what a statement that found no connection was to be given is not told', async () => {
  const holding = await knex.transaction();
  const error = await knex.raw('SELECT ?', [MARKER]).catch((thrown: Error) => thrown);
  await holding.rollback();
  const { ours, pinos } = shown(error);
  expect([pinos.includes(MARKER), ours.includes(MARKER)]).toEqual([true, false]);
  expect(JSON.parse(ours)).toMatchObject({ type: 'KnexTimeoutError' });
});

test('of several errors in one, each is shown as any other', () => {
  const inner = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', port: 5432, detail: MARKER });
  const { ours } = shown(new AggregateError([inner], 'all failed'));
  expect(ours).not.toContain(MARKER);
  expect(JSON.parse(ours)).toMatchObject({ errors: [{ code: 'ECONNREFUSED', port: 5432 }] });
});
