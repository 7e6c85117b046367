import * as z from 'zod';

/** `fields[subscription--subscription]=title,action` */
const FIELDS = /^fields\[[^[\]]+\]$/;

/**
 * The query of a route that answers with JSON:API documents. JSON:API 1.1 gives `include`, `sort` and every name with brackets a
 * meaning, so those that the route does not know are 400; other unknown names are ignored, as portal.md has it.
 */
export function jsonApiQuery<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.looseObject(shape).superRefine((query, context) => {
    for (const [name, value] of Object.entries(query)) {
      const isFields = FIELDS.test(name) && typeof value === 'string';
      const isReserved = name === 'include' || name === 'sort' || name.includes('[');
      if (isReserved && !isFields && !(name in shape)) {
        context.addIssue({ code: 'custom', path: [name], message: 'is not supported' });
      }
    }
  });
}

interface Resource {
  type: string;
  attributes: Record<string, unknown>;
  relationships?: Record<string, unknown>;
}

/** The resource with the fields that the query asks for, where it asks for some (sparse fieldsets). */
export function withFields<Of extends Resource>(resource: Of, query: Record<string, unknown>): Of {
  const asked = query[`fields[${resource.type}]`];
  if (typeof asked !== 'string') return resource;
  const names = new Set(asked.split(','));
  const only = (fields: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(fields).filter(([name]) => names.has(name)));
  const { attributes, relationships } = resource;
  return { ...resource, attributes: only(attributes), ...(relationships && { relationships: only(relationships) }) };
}
