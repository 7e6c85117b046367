import Ajv2020 from 'ajv/dist/2020';
import { bodyLimitBytes, errorStatuses, type Route } from '../../../src/api/route';
import { ROUTES } from '../../../src/api/server';
import { startTestApi, type TestApi } from './testApi';

interface Operation {
  operationId: string;
  security: object[];
  parameters?: { in: string; name: string; required?: boolean }[];
  requestBody?: { description?: string; content: Record<string, { schema: object }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; securitySchemes: object };
}

let api: TestApi;
let document: Document;

beforeAll(async () => {
  api = await startTestApi();
  document = (await (await fetch(`${api.url}/openapi.json`)).json()) as Document;
});
afterAll(() => api.stop());

const otherStatuses = (route: Route) => Object.keys(route.otherAnswers ?? {});

/** cmdb.md: what is refused for its content is answered with 200. */
const answeredWith = ({ path }: Route, status: number) =>
  path.startsWith('/api/{version}/event/subscribe') && [400, 404, 409, 422].includes(status) ? 200 : status;

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
  );

test('its operations are the routes', () => {
  expect(document.openapi).toBe('3.1.0');
  const routes = ROUTES.map(({ method, path }) => `${method} ${path}`);
  expect(
    operations()
      .map(({ name }) => name)
      .sort(),
  ).toEqual(routes.sort());
  expect(new Set(routes).size).toBe(routes.length);
});

test('every operation has its answers of success and of failure, and an id of its own', () => {
  for (const route of ROUTES) {
    const operation = document.paths[route.path]?.[route.method];
    const answers = Object.keys(operation?.responses ?? {});
    const name = `${route.method} ${route.path}`;
    const refusals = errorStatuses(route).map((status) => answeredWith(route, status));
    expect({ name, answers }).toEqual({
      name,
      answers: [...new Set([`${route.success.status}`, ...refusals.map(String), ...otherStatuses(route)])].sort(),
    });
    for (const status of refusals) {
      const { content = {} } = operation?.responses[status] ?? {};
      expect(Object.keys(content)).toHaveLength(1);
      if (!otherStatuses(route).includes(`${status}`)) expect(Object.keys(content)).toEqual([route.form.mediaType]);
    }
  }
  const ids = operations().map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
});

test("every body's limit is told", () => {
  for (const route of ROUTES.filter(({ body }) => body)) {
    const { description } = document.paths[route.path]?.[route.method]?.requestBody ?? {};
    const limit = route.bodyLimit === 'event' ? 'MAX_EVENT_BYTES' : String(bodyLimitBytes(route, 0));
    expect({ path: route.path, description }).toEqual({
      path: route.path,
      description: expect.stringContaining(limit),
    });
  }
});

test('what is not public takes a key', () => {
  for (const { method, path, access } of ROUTES) {
    const security = document.paths[path]?.[method]?.security;
    expect({ path, security }).toEqual({ path, security: access === 'public' ? [] : [{ bearer: [] }, { Sign: [] }] });
  }
});

test('every name in a path is a parameter, and no other is', () => {
  for (const { method, path } of ROUTES) {
    const inPath = document.paths[path]?.[method]?.parameters?.filter((parameter) => parameter.in === 'path') ?? [];
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect({ path, names: inPath.map(({ name }) => name).sort() }).toEqual({ path, names: named.sort() });
    expect(inPath.every(({ required }) => required)).toBe(true);
  }
});

test('every reference leads somewhere, and every schema compiles', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'document', ...document });
  const text = JSON.stringify(document);
  const references = new Set([...text.matchAll(/"\$ref":"#([^"]+)"/g)].map(([, pointer]) => pointer));
  expect(references.size).toBeGreaterThan(2);
  for (const pointer of references) expect(() => ajv.compile({ $ref: `document#${pointer}` })).not.toThrow();
});

test('publish is documented as it is validated', async () => {
  const ajv = new Ajv2020({ strict: false });
  ajv.addSchema({ $id: 'document', ...document });
  const validate = ajv.compile({ $ref: 'document#/components/schemas/PublishedEvent' });
  const authorization = await api.key({ tenantId: 'acme', roles: ['producer'] });
  const sample = { event_source: 'a', event_topic: 'b', event_type: 'c', event_status: 'd', changes: [1] };
  for (const event of [
    sample,
    { ...sample, event_key: null, more: 1 },
    { ...sample, event_key: 'k' },
    {},
    { ...sample, changes: [] },
    { ...sample, changes: 'x' },
    { ...sample, event_source: ' ' },
    { ...sample, event_source: '' },
    { ...sample, event_topic: 5 },
    { ...sample, event_status: 'x'.repeat(129) },
    { ...sample, event_key: [] },
  ]) {
    const body = JSON.stringify(event);
    const { status } = await fetch(`${api.url}/api/publish`, { method: 'POST', headers: { authorization }, body });
    expect({ body, valid: validate(event) }).toEqual({ body, valid: status === 200 });
  }
});

test("a refusal of the CMDB's is documented under the status that it is answered with", async () => {
  const ajv = new Ajv2020({ strict: false });
  ajv.addSchema({ $id: 'document', ...document });
  const authorization = await api.key({ tenantId: 'acme', appId: 'shop', roles: ['subscriber'] });
  const path = '/api/{version}/event/subscribe/{bk_supplier_account}/{bk_biz_id}';
  const { schema } = document.paths[path]?.post?.responses['200']?.content?.['application/json'] ?? {};
  const validate = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')));
  const headers = { authorization, 'content-type': 'application/json' };
  const url = `${api.url}${path.replace('{version}', 'v3').replace('{bk_supplier_account}', 'acme').replace('{bk_biz_id}', '2')}`;
  const answer = await fetch(url, { method: 'POST', headers, body: '{}' });
  const body = (await answer.json()) as object;
  expect([answer.status, body]).toEqual([200, expect.objectContaining({ result: false })]);
  expect(validate(body)).toBe(true);
  expect(validate({ ...body, bk_error_code: 'x' })).toBe(false);
});
