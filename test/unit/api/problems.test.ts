import knexLib from 'knex';
import { Client } from 'pg';
import * as z from 'zod';
import { invalidInput, toProblem } from '../../../src/api/problems';
import { Refusal } from '../../../src/services/errors';

const databaseError = (code: string) => Object.assign(new Error('secret detail of ours'), { code });

test.each(['08006', '57P01', '57P03', '53300', '57014', '55P03', '25006', 'ECONNREFUSED', 'ECONNRESET'])(
  '%s: the database is away',
  (code) => {
    expect(toProblem(databaseError(code))).toMatchObject({ status: 503, retryAfterS: expect.any(Number) });
  },
);

test('a connection that is refused, as pg and knex say it', async () => {
  const url = 'postgres://nobody@127.0.0.1:1/none';
  const fromPg = await new Client({ connectionString: url }).connect().catch((error: unknown) => error);
  expect(toProblem(fromPg).status).toBe(503);
  const knex = knexLib({ client: 'pg', connection: url, pool: { min: 0 } });
  const fromKnex = await knex.raw('SELECT 1').catch((error: unknown) => error);
  expect(toProblem(fromKnex).status).toBe(503);
  await knex.destroy();
});

test('a text that PostgreSQL cannot store is the fault of the call', () => {
  expect(toProblem(databaseError('22021'))).toMatchObject({ status: 400 });
});

test.each(['23505', '42703', 'ENOENT'])('%s is a fault of ours, and says nothing about itself', (code) => {
  const { status, detail } = toProblem(databaseError(code));
  expect(status).toBe(500);
  expect(detail).not.toContain('secret');
});

test('a refusal keeps its words and its field', () => {
  expect(toProblem(new Refusal(409, 'taken', 'id'))).toMatchObject({
    status: 409,
    detail: 'taken',
    errors: [{ field: 'id', message: 'taken' }],
  });
});

test('every field that is wrong is named, unknown ones too', () => {
  const schema = z.strictObject({ id: z.string(), nested: z.strictObject({ n: z.number() }) });
  const result = schema.safeParse({ id: 1, nested: { n: 'x', more: 1 }, other: 2 });
  const { problem } = invalidInput(result.error ?? new z.ZodError([]));
  expect(problem.status).toBe(400);
  expect(problem.errors?.map(({ field }) => field).sort()).toEqual(['id', 'nested.more', 'nested.n', 'other']);
});

test('a body of nothing but faults is not answered at many times its size', () => {
  const strange = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`field${at}`, 1]));
  const { error } = z
    .strictObject({ list: z.array(z.string()) })
    .safeParse({ ...strange, list: Array(10_000).fill(7) });
  expect(error && invalidInput(error).problem.errors).toHaveLength(20);
});
