import { type KeyName, startNativeApi } from '../v1/nativeApi';

export const PATH = '/portal/api/v2/subscription';
export const JSON_API = 'application/vnd.api+json';
export const TERM = '18926ba9-4a93-429d-ae63-27836af5d366';
export const OTHER_TERM = 'term-number-1';

/** The published body, with its uuid and the term's. */
export const SAMPLE = {
  data: {
    type: 'subscription--subscription',
    attributes: {
      title: '新闻公告订阅',
      target_id: '88981',
      action: 'collection',
      status: 1,
      uuid: '18926ba9-4a93-429d-ae63-27836af5d369',
    },
    relationships: {
      target_type: { data: { type: 'taxonomy_term--subscription_target_type', id: TERM } },
    },
  },
};

/** Portal users; the others are keys of the native API's setting. */
export type User = 'ann' | 'bob' | 'deskUser' | 'rivalUser';

export interface Reply {
  status: number;
  type: string | null;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
  body: any;
}

export interface Call {
  body?: unknown;
  headers?: Record<string, string>;
}

/** The native API's setting, with portal users, the target types 1 and 7, and a callback of the apps shop and spy. */
export async function startPortalApi() {
  const api = await startNativeApi();
  const { knex } = api.db;
  const keys: Record<string, string> = { ...api.keys, ann: api.keys.portalUser };
  const users = [
    ['bob', 'acme', 'shop', 'bob'],
    ['deskUser', 'acme', 'desk', 'ann'],
    ['rivalUser', 'rival', 'spy', 'ann'],
  ] as const;
  for (const [name, tenantId, appId, subject] of users) {
    const { body } = await api.call('operator', 'POST', '/v1/keys', {
      tenantId,
      appId,
      roles: ['subscriber'],
      subject,
    });
    keys[name] = body.key;
  }
  for (const app of ['acme/shop', 'rival/spy']) {
    await api.call('operator', 'PATCH', `/v1/apps/${app}`, { callbackUrl: 'https://portal.example/messages' });
  }
  await api.call('operator', 'PUT', '/v1/target-types/7', { name: 'Column', uuid: TERM });
  await api.call('operator', 'PUT', '/v1/target-types/1', { name: 'Page', uuid: OTHER_TERM });

  async function send(key: User | KeyName | null, method: string, path: string, call: Call = {}): Promise<Reply> {
    const { body, headers } = call;
    const response = await fetch(api.url + path, {
      method,
      headers: {
        accept: JSON_API,
        ...(key && { authorization: `Bearer ${keys[key]}` }),
        ...(body !== undefined && { 'content-type': JSON_API }),
        ...headers,
      },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  }

  return {
    ...api,
    send,
    /** Adds one, with what is given in the place of the sample's. @returns its uuid. */
    async add(
      key: User | KeyName,
      {
        bundle = 'subscription',
        query = '',
        ...attributes
      }: { bundle?: string; query?: string } & Record<string, unknown> = {},
    ): Promise<string> {
      const { uuid: _uuid, ...sample } = SAMPLE.data.attributes;
      const data = { ...SAMPLE.data, type: `subscription--${bundle}`, attributes: { ...sample, ...attributes } };
      const { relationships, ...without } = data;
      const body = { data: 'target_type' in attributes ? without : { ...without, relationships } };
      const reply = await send(key, 'POST', `${PATH}/${bundle}${query}`, { body });
      if (reply.status !== 201) throw new Error(JSON.stringify(reply.body));
      return reply.body.data.id;
    },
    /** Everything that a call of this interface could change. */
    async everything(): Promise<string> {
      const tables = [
        'portal_subscriptions',
        'subscriptions',
        'subscription_selectors',
        'target_types',
        'keys',
        'apps',
      ];
      return JSON.stringify(await Promise.all(tables.map((table) => knex(table).orderByRaw('1, 2, 3'))));
    },
    async clear(): Promise<void> {
      await knex('portal_subscriptions').delete();
    },
  };
}

export type PortalApi = Awaited<ReturnType<typeof startPortalApi>>;

/** The form of a refusal, with where each fault is. */
export function refusal(status: number, title: string, sources: (Record<string, string> | undefined)[] = [undefined]) {
  return {
    errors: sources.map((source) => ({
      status: String(status),
      code: expect.stringMatching(/^[a-z_]+$/),
      title,
      detail: expect.stringMatching(/./),
      ...(source && { source }),
    })),
    meta: { requestId: expect.stringMatching(/./) },
  };
}
