import * as z from 'zod';
import { inOurWords } from '../../../src/api/wording';

const said = (schema: z.ZodType, value: unknown) =>
  schema.safeParse(value, { error: inOurWords }).error?.issues.map(({ message }) => message);

test.each<[z.ZodType, unknown, string]>([
  [z.string(), undefined, 'is missing'],
  [z.string(), 7, 'must be a text'],
  [z.int(), 'x', 'must be a number'],
  [z.int(), 1.5, 'must be a whole number'],
  [z.number(), 'x', 'must be a number'],
  [z.boolean(), 1, 'must be true or false'],
  [z.array(z.string()), {}, 'must be a list'],
  [z.object({}), [], 'must be an object'],
  [z.enum(['a', 'b']), 'c', 'must be one of a, b'],
  [z.literal(1), 2, 'must be 1'],
  [z.string().max(3), 'abcd', 'is longer than 3 characters'],
  [z.string().min(1), '', 'must not be empty'],
  [z.array(z.int()).max(2), [1, 2, 3], 'has more than 2 elements'],
  [z.array(z.int()).min(1), [], 'must not be empty'],
  [z.int().min(1), 0, 'must be at least 1'],
  [z.int().max(5), 6, 'must be at most 5'],
  [z.int32(), 2 ** 31, 'must be at most 2147483647'],
  [z.uuid(), 'x', 'must be a UUID'],
  [z.union([z.string(), z.int()]), {}, 'has none of the forms that it may have'],
  [z.string().refine(() => false), 'x', 'is not as it must be'],
])('%#', (schema, value, words) => {
  expect(said(schema, value)).toEqual([words]);
});

test("a schema's own words come first", () => {
  expect(said(z.string({ error: 'must be a name' }), 7)).toEqual(['must be a name']);
});
