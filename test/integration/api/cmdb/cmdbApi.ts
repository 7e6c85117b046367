import { type Answer, type KeyName, readCancellations, startNativeApi } from '../v1/nativeApi';

export const SUBSCRIBE = '/api/v3/event/subscribe';
export const BIZ = 2;

/** The body of the published sample, but for the callback's host. */
export const SAMPLE = {
  subscription_name: 'mysubscribe',
  system_name: 'SystemName',
  callback_url: 'http://hooks.example:8080/callback',
  confirm_mode: 'httpstatus',
  confirm_pattern: '200',
  subscription_form: 'hostcreate',
  timeout: 10,
};

export const DONE = { result: true, bk_error_code: 0, bk_error_msg: '', data: 'success' };

/** An answer of refusal; `message`: what its text matches. */
export const refused = (code: number, message: string | RegExp = /./) => ({
  result: false,
  bk_error_code: code,
  bk_error_msg: expect.stringMatching(message),
  data: null,
});

/** The native API's setting; the account is the tenant `acme` unless it is named. */
export async function startCmdbApi() {
  const api = await startNativeApi();
  const { knex } = api.db;

  /** One call with any body and headers, as text. */
  async function send(
    method: string,
    path: string,
    { key = 'shop', body, headers }: { key?: KeyName | null; body?: string; headers?: Record<string, string> } = {},
  ): Promise<Answer & { headers: Headers }> {
    const response = await fetch(api.url + path, {
      method,
      headers: { ...(key && { authorization: api.keys[key] }), 'content-type': 'application/json', ...headers },
      body,
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  }

  interface Options {
    key?: KeyName;
    account?: string;
    biz?: number | string;
    /** BK_USER. */
    user?: string;
  }
  const call = async (method: string, path: string, body: unknown, { key, user }: Options): Promise<Answer> => {
    const headers = { ...(user !== undefined && { BK_USER: Buffer.from(user).toString('latin1') }) };
    const answer = await send(method, SUBSCRIBE + path, { key, body: JSON.stringify(body), headers });
    return { status: answer.status, body: answer.body };
  };
  const place = ({ account = 'acme', biz = BIZ }: Options) => `/${account}/${biz}`;

  return {
    ...api,
    send,
    subscribe: (more: Record<string, unknown> = {}, options: Options = {}) =>
      call('POST', place(options), { ...SAMPLE, ...more }, options),
    modify: (id: unknown, more: Record<string, unknown> = {}, options: Options = {}) =>
      call('PUT', `${place(options)}/${id}`, { ...SAMPLE, ...more }, options),
    unsubscribe: (id: unknown, body: unknown = {}, options: Options = {}) =>
      call('DELETE', `${place(options)}/${id}`, body, options),
    search: (body: unknown = {}, options: Options = {}) => call('POST', `/search${place(options)}`, body, options),
    /** A subscription's number. */
    async made(more: Record<string, unknown> = {}, options: Options = {}): Promise<number> {
      const { body } = await this.subscribe(more, options);
      if (!body.result) throw new Error(JSON.stringify(body));
      return body.data.subscription_id;
    },
    /** Everything that a call of this interface could change. */
    async everything(): Promise<string> {
      const tables = ['cmdb_subscriptions', 'subscriptions', 'subscription_secrets', 'subscription_selectors', 'lanes'];
      const rows = [...tables, 'deliveries', 'dropped_deliveries'].map((table) => knex(table).orderByRaw('1, 2, 3'));
      return JSON.stringify(await Promise.all([...rows, readCancellations(knex)]));
    },
    async clear(): Promise<void> {
      const tables = ['cmdb_subscriptions', 'subscription_secrets', 'subscription_selectors', 'lanes', 'deliveries'];
      for (const table of [...tables, 'subscription_cancellations', 'dropped_deliveries', 'subscriptions'])
        await knex(table).delete();
    },
  };
}

export type CmdbApi = Awaited<ReturnType<typeof startCmdbApi>>;
