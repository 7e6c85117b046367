import { pino } from 'pino';
import { createApi, ROUTES } from '../../../src/api/server';
import { createAuthenticator } from '../../../src/services/keys/authenticate';
import { createKey } from '../../../src/services/keys/createKey';
import { createMetrics } from '../../../src/services/metrics';
import { API_OPTIONS } from '../../support/apiOptions';
import { OPERATOR, startInstallation, TENANT, waitFor } from '../../support/engine';
import { startReceiver } from '../../support/receiver';
import { READY } from '../api/testApi';

export const BIZ = 2;
const BASE = '/api/v3/event/subscribe';

export interface Envelope {
  result: boolean;
  bk_error_code: number;
  bk_error_msg: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
  data: any;
}

/** The whole product but for its start: API, engine, PostgreSQL, Temporal and a receiver, with a subscriber of acme's shop. */
export async function startCmdb() {
  const installation = await startInstallation();
  const receiver = await startReceiver();
  const node = await installation.startNode();
  const { knex } = installation;
  const api = createApi({
    routes: ROUTES,
    services: node.services,
    authenticate: createAuthenticator(knex),
    readiness: async () => READY,
    metrics: createMetrics({ oldestPendingSeconds: async () => 0 }),
    log: pino({ level: 'silent' }),
    maxEventBytes: 262_144,
    rateLimitPerKey: 100_000,
    ...API_OPTIONS,
  });
  const { url, close } = await api.listen({ host: '127.0.0.1', port: 0 });
  const app = { tenantId: TENANT, appId: 'shop' };
  const { key } = await createKey(knex, { caller: OPERATOR, ...app, roles: ['subscriber'] });

  async function send(method: string, path: string, body?: unknown): Promise<{ status: number; body: Envelope }> {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: key, 'content-type': 'application/json', bk_user: 'user' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Envelope };
  }

  /** A call that must succeed: its data. */
  async function must(method: string, path: string, body?: unknown): Promise<Envelope['data']> {
    const answer = await send(method, BASE + path, body);
    if (answer.status !== 200 || !answer.body.result) throw new Error(JSON.stringify(answer));
    return answer.body.data;
  }

  const place = `/${TENANT}/${BIZ}`;
  const bodyOf = (path: string, more: Record<string, unknown>) => ({
    subscription_name: path,
    system_name: 'SystemName',
    callback_url: receiver.url(path),
    confirm_mode: 'httpstatus',
    confirm_pattern: '200',
    subscription_form: path.slice(1),
    timeout: 10,
    ...more,
  });

  async function rowOf(number: number) {
    const rows = await must('POST', `/search${place}`, { page: { limit: 200 } });
    return rows.find(({ subscription_id }: { subscription_id: number }) => subscription_id === number);
  }

  return {
    installation,
    knex,
    node,
    receiver,
    send,
    must,
    rowOf,
    /** One whose callback and event name are both `path`, for a test that meets no other. */
    async subscribe(path: string, more: Record<string, unknown> = {}) {
      const { subscription_id: number } = await must('POST', place, bodyOf(path, more));
      const row = await knex('cmdb_subscriptions').where({ number }).first('subscription_id');
      return { number: number as number, subscriptionId: row.subscription_id as string };
    },
    modify: (number: number, path: string, more: Record<string, unknown> = {}) =>
      must('PUT', `${place}/${number}`, bodyOf(path, more)),
    unsubscribe: (number: number) => must('DELETE', `${place}/${number}`, {}),
    /** Until search shows these statistics. */
    waitForStatistics: (number: number, wanted: { total: number; failure: number }) => {
      let seen: unknown;
      return waitFor(
        async () => {
          seen = (await rowOf(number))?.statistics;
          return JSON.stringify(seen) === JSON.stringify(wanted) || undefined;
        },
        { what: () => `statistics ${JSON.stringify(wanted)}; they are ${JSON.stringify(seen)}` },
      );
    },
    async stop() {
      await close();
      await receiver.stop();
      await installation.stop();
    },
  };
}

export type CmdbSetup = Awaited<ReturnType<typeof startCmdb>>;
