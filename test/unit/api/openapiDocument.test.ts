import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { buildDocument } from '../../../src/api/openapi';
import { ROUTES } from '../../../src/api/server';

type Schema = Record<string, unknown> & { properties?: Record<string, Schema>; items?: Schema };
interface Parameter {
  in: string;
  name: string;
  description?: string;
  example?: unknown;
  schema: Schema;
}
interface Operation {
  operationId: string;
  tags: string[];
  security: object[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}
interface Document {
  servers: { url: string; description: string }[];
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  webhooks: Record<string, { post: Operation }>;
  components: { schemas: Record<string, Schema>; securitySchemes: object };
}

const document: Document = JSON.parse(JSON.stringify(buildDocument(ROUTES)));
const schemas = document.components.schemas;
const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
const callbacks = Object.values(document.webhooks).map(({ post }) => post);
const all = [...operations, ...callbacks];

const referenced = (schema: Schema) =>
  typeof schema.$ref === 'string' ? (schemas[basename(schema.$ref)] ?? {}) : undefined;
/** What a reader sees of it: its own, or that of the schema that it refers to, perhaps beside null. */
const has = (schema: Schema, member: string): boolean => {
  const [some, none] = (schema.anyOf ?? []) as Schema[];
  const target = referenced(none?.type === 'null' && some ? some : schema);
  return schema[member] !== undefined || target?.[member] !== undefined;
};
const isInteger = ({ type }: Schema) => type === 'integer' || (Array.isArray(type) && type.includes('integer'));

/** Every schema below one, with where it stands. */
function* schemasBelow(schema: Schema, place: string): Generator<[string, Schema]> {
  yield [place, schema];
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    yield* schemasBelow(property, `${place}.${name}`);
  if (schema.items) yield* schemasBelow(schema.items, `${place}[]`);
  for (const kind of ['anyOf', 'oneOf', 'allOf']) {
    for (const part of (schema[kind] as Schema[] | undefined) ?? []) yield* schemasBelow(part, `${place}|`);
  }
}

const parameters = all.flatMap(({ operationId, parameters: own = [] }) =>
  own.map((parameter) => [`${operationId}?${parameter.name}`, parameter] as const),
);
const bodies = all.flatMap(({ operationId, requestBody, responses }) =>
  [requestBody, ...Object.values(responses)].flatMap((body) =>
    Object.entries(body?.content ?? {}).map(
      ([mediaType, { schema }]) => [`${operationId} ${mediaType}`, schema] as const,
    ),
  ),
);
const everySchema = [
  ...Object.entries(schemas).flatMap(([name, schema]) => [...schemasBelow(schema, name)]),
  ...parameters.map(([name, { schema }]) => [name, schema] as const),
];
const names = (found: readonly (readonly [string, unknown])[]) => found.map(([name]) => name);

test('an operation has the name of its file', () => {
  const folder = join(__dirname, '../../../src/api/routes');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => basename(file, '.ts'));
  const ids = operations.map(({ operationId }) => operationId);
  expect(ids.filter((id) => files.filter((file) => file === id).length !== 1)).toEqual([]);
  expect(new Set(all.map(({ operationId }) => operationId)).size).toBe(all.length);
});

test('every schema has a name', () => {
  const inline = bodies.filter(([name, { $ref, type }]) => /json$/.test(name) && !$ref && type !== 'string');
  expect(names(inline)).toEqual([]);
  expect(names(everySchema.filter(([place, { properties }]) => properties && /[.[|?]/.test(place)))).toEqual([]);
});

test('every parameter and property has a description and an example', () => {
  const properties = everySchema.filter(([place]) => /\.[^[\]|]+$/.test(place));
  expect(properties.length).toBeGreaterThan(200);
  expect(names(properties.filter(([, schema]) => !has(schema, 'description')))).toEqual([]);
  const shown = ([, schema]: readonly [string, Schema]) => {
    const target = referenced(schema) ?? (schema.items && referenced(schema.items)) ?? schema;
    return (
      // What is only read belongs in no example of a request.
      has(schema, 'example') || target.properties !== undefined || target.anyOf !== undefined || schema.readOnly
    );
  };
  expect(names(properties.filter((property) => !shown(property)))).toEqual([]);
  expect(names(parameters.filter(([, { description }]) => !description))).toEqual([]);
  const without = parameters.filter(([, { example }]) => example === undefined);
  // A cursor is sealed for whoever got it, so none that is written here could work. One key in every example would make of all
  // calls of the docs page repeats of the first.
  expect(names(without).filter((name) => !/\?(cursor|Idempotency-Key)$/.test(name))).toEqual([]);
});

test('no example is an address that documentation alone may use', () => {
  expect(JSON.stringify(document)).not.toMatch(/203\.0\.113\.|198\.51\.100\.|192\.0\.2\.|\.example\b/);
});

test('integers have a width and no pattern, moments have a format', () => {
  const integers = everySchema.filter(([, schema]) => isInteger(schema));
  expect(integers.length).toBeGreaterThan(20);
  expect(names(integers.filter(([, { pattern, format }]) => pattern || !/^int(32|64)$/.test(`${format}`)))).toEqual([]);
  const moments = everySchema.filter(([place]) => /(At|since|until)$/.test(place));
  expect(moments.length).toBeGreaterThan(20);
  expect(names(moments.filter(([, { format, pattern }]) => format !== 'date-time' || pattern))).toEqual([]);
});

test('a value has one type, or is null', () => {
  const several = everySchema.filter(
    ([place, { type, anyOf }]) =>
      (type === 'null' && !place.endsWith('|')) ||
      (type && anyOf) ||
      (Array.isArray(type) && type.filter((one) => one !== 'null').length !== 1),
  );
  expect(names(several)).toEqual([]);
});

test('a key is shown in both of its schemes', () => {
  expect(document.components.securitySchemes).toMatchObject({
    bearer: { type: 'http', scheme: 'bearer' },
    Sign: { type: 'apiKey', in: 'header', name: 'Authorization' },
  });
});

test('every tag has an introduction, and the native interface comes first', () => {
  const introduced = document.tags.map(({ name }) => name);
  expect(document.tags.every(({ description }) => description.length > 40)).toBe(true);
  expect([...new Set(all.flatMap(({ tags }) => tags))].sort()).toEqual([...introduced].sort());
  expect(introduced[0]).toBe('Subscriptions');
  expect(operations[0]?.operationId).toBe('createSubscription');
});

test('servers', () => {
  expect(document.servers[0]?.url).toBe('/');
  expect(document.servers.every(({ description }) => description)).toBe(true);
});

test('an answer may get further members, a request may not', () => {
  expect(schemas.Subscription?.additionalProperties).toBeUndefined();
  expect(schemas.NewSubscription?.additionalProperties).toBe(false);
});
