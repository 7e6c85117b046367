import type { ZodOpenApiOverride } from 'zod-openapi';

const INT32 = { minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };

/**
 * What zod writes about a schema, as generators of clients take it:
 *
 * - an integer says how wide it is, because without a format it becomes 32 bits in Java and Go;
 * - zod's bounds of every integer, and its regular expression beside `date-time`, say nothing more;
 * - text or null is one schema with two types, with its description outside;
 * - what is always null has a type beside it, without which openapi-generator makes no Python;
 * - an answer may get further members, so a client must not refuse them.
 */
export const clientFriendly: ZodOpenApiOverride = ({ jsonSchema, io }) => {
  if (jsonSchema.type === 'null') Object.assign(jsonSchema, { type: ['object', 'null'], maxProperties: 0 });
  const [some, none] = jsonSchema.anyOf ?? [];
  if (jsonSchema.anyOf?.length === 2 && none?.type === 'null' && typeof some?.type === 'string' && !some.enum) {
    delete jsonSchema.anyOf;
    Object.assign(jsonSchema, { ...some, ...jsonSchema, type: [some.type, 'null'] });
  }
  const isInteger =
    jsonSchema.type === 'integer' || (Array.isArray(jsonSchema.type) && jsonSchema.type.includes('integer'));
  if (isInteger) {
    delete jsonSchema.pattern;
    if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    const { minimum, maximum } = jsonSchema;
    const fits = minimum !== undefined && maximum !== undefined && minimum >= INT32.minimum && maximum <= INT32.maximum;
    jsonSchema.format ??= fits ? 'int32' : 'int64';
  }
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
  if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
};
