import type { createDocument } from 'zod-openapi';

type Document = ReturnType<typeof createDocument>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** Says at each parameter what its schema says: zod-openapi leaves it out behind `optional()` and behind a reference. */
export function describeParameters(document: Document): Document {
  const schemas = document.components?.schemas ?? {};
  for (const path of [...Object.values(document.paths ?? {}), ...Object.values(document.webhooks ?? {})]) {
    for (const method of METHODS) {
      for (const parameter of path?.[method]?.parameters ?? []) {
        if ('$ref' in parameter || !parameter.schema) continue;
        const { $ref, ...own } = parameter.schema as { $ref?: string; description?: string; example?: unknown };
        const said = { ...schemas[$ref?.split('/').at(-1) ?? ''], ...own };
        parameter.description ??= said.description;
        parameter.example ??= said.example;
      }
    }
  }
  return document;
}
