import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { createApi, ROUTES } from '../../../../src/api/server';
import { acceptEvents } from '../../../../src/db/carrying/accept';
import { selectionsOf } from '../../../../src/domain/selectors';
import { checkCallbackUrl, parseCallbackUrl } from '../../../../src/outbound/callbackUrl';
import { createEgressPolicy } from '../../../../src/outbound/egressPolicy';
import { createHttpClient } from '../../../../src/outbound/httpClient';
import { newSigningSecret } from '../../../../src/outbound/sign';
import { createServices } from '../../../../src/services';
import { createAuthenticator } from '../../../../src/services/keys/authenticate';
import { createMetrics } from '../../../../src/services/metrics';
import { API_OPTIONS } from '../../../support/apiOptions';
import { testCallsOver } from '../../../support/callOut';
import { type Behaviour, startReceiver } from '../../../support/receiver';
import { READY } from '../testApi';
import { type Answer, type KeyName, readCancellations, startNativeApi } from '../v1/nativeApi';

export const ADDED = 'MOZI_VDS_TENANT_CHANGE|ORGANIZATION_ADD_UPDATE';
export const FROZEN = 'MOZI_BUC_ACCOUNT_MODIFY_REALM|frozen';
export const UNFROZEN = 'MOZI_BUC_ACCOUNT_MODIFY_REALM|unfrozen';
/** The published answer. */
export const ACKNOWLEDGED = { body: '{ "errcode": "0", "errmsg": "成功" }' };
export const SUCCESS = (data: unknown) => ({ status: 200, body: { errcode: '0', errmsg: '成功', data } });
export const FAILURE = (status: number, errmsg: unknown = expect.any(String)) => ({
  status,
  body: { errcode: `${status}`, errmsg },
});

interface Failure {
  /** ISO 8601. Default now. */
  at?: string;
  calls?: number;
  reason?: string | null;
  /** Of the last call. */
  statusCode?: number | null;
  error?: string | null;
}

/**
 * The native API's setting with a real way out, to loopback addresses, and a receiver there. What is answered is up to
 * each path; one that was told nothing answers 200 without a body, which acknowledges nothing.
 */
export async function startGatewayApi() {
  const native = await startNativeApi();
  const { knex } = native.db;
  const egress = createEgressPolicy({ allow: ['127.0.0.0/8', '::1/128'] });
  const http = createHttpClient({ egress });
  const receiver = await startReceiver();
  const services = createServices({
    db: knex,
    commands: native.commands,
    steer: native.steer,
    publish: async () => ({ eventId: randomUUID() }),
    secretBox: native.secretBox,
    testCalls: testCallsOver(http),
    checkCallbackUrl: (text) => void checkCallbackUrl(text, egress),
    compilePattern: async () => ({ programSize: 1 }),
    checkUrlText: (text) => void parseCallbackUrl(text),
    newSigningSecret,
    retentionDays: 30,
  });
  const authenticate = createAuthenticator(knex);
  const api = createApi({
    routes: ROUTES,
    services,
    authenticate,
    readiness: async () => READY,
    metrics: createMetrics({ oldestPendingSeconds: async () => 0 }),
    log: pino({ level: 'silent' }),
    maxEventBytes: 262_144,
    rateLimitPerKey: 100_000,
    ...API_OPTIONS,
  });
  const { url, close } = await api.listen({ host: '127.0.0.1', port: 0 });
  receiver.on('/ok', ACKNOWLEDGED);

  async function call(key: KeyName | null, method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(key && { authorization: `Bearer ${native.keys[key]}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  }

  return {
    ...native,
    url,
    authenticate,
    call,
    receiver,
    ok: receiver.url('/ok'),
    /** The receiver's url of a path that behaves so. */
    at(path: string, behaviour: Behaviour = ACKNOWLEDGED): string {
      receiver.on(path, behaviour);
      return receiver.url(path);
    },
    register: (body: Record<string, unknown>, key: KeyName = 'shop'): Promise<Answer> =>
      call(key, 'POST', '/gateway/callbacks', body),
    /** Registers what must succeed. @returns the one registration. */
    async registered(eventTag: string, callbackUrl: string, key: KeyName = 'shop') {
      const answer = await call(key, 'POST', '/gateway/callbacks', { eventTag, callbackUrl });
      if (answer.status !== 200) throw new Error(JSON.stringify(answer));
      return answer.body.data[0] as {
        id: string;
        eventTag: string;
        callbackUrl: string;
        format: string;
        createdAt: string;
      };
    },
    list: async (key: KeyName = 'shop') => (await call(key, 'GET', '/gateway/callbacks')).body.data,
    /** Accepts an event of the tag as a publish does; nobody attempts anything here. */
    async publishTag(eventTag: string, { tenantId = 'acme', changes = '[{"a":1}]' } = {}) {
      const [topic = '', type = ''] = eventTag.split('|');
      const address = { source: 'a', topic, type, status: '1' };
      const publisher = { tenantId, appId: null, keyId: 'k' };
      const selections = selectionsOf({ ...address, changes });
      const event = { tenantId, ...address, key: eventTag, changes, publisher, selections };
      const [accepted] = await acceptEvents(native.db, { events: [event], attempting: false });
      if (!accepted || 'knownKey' in accepted) throw new Error('not accepted');
      return { eventId: accepted.eventId, deliveryIds: accepted.deliveries.map(({ deliveryId }) => deliveryId) };
    },
    /** As if the calls of a delivery had been made and it had failed, `at` in ISO 8601. */
    async fail(
      deliveryId: string,
      { at = new Date().toISOString(), calls = 17, reason = 'retries_exhausted', ...last }: Failure = {},
    ): Promise<void> {
      const { statusCode = 500, error = null } = last;
      await knex.raw(
        `INSERT INTO attempts (delivery_id, day, number, started_at, duration_ms, status_code, error)
         SELECT id, day, n, now(), 5, CASE WHEN n = :calls THEN :statusCode::int ELSE 200 END,
                CASE WHEN n = :calls THEN :error::text ELSE 'earlier' END
         FROM deliveries, generate_series(1, :calls) n WHERE id = :deliveryId`,
        { deliveryId, calls, statusCode, error },
      );
      await knex('deliveries')
        .where({ id: deliveryId })
        .update({ state: 'failed', reason, attempt: calls, finished_at: at, due_by: null, next_attempt_at: null });
    },
    /** A message of the tag that has failed, of the app's registration. @returns its dispatchId. */
    async failed(eventTag: string, { changes, ...failure }: { changes?: string } & Failure = {}) {
      const { deliveryIds } = await this.publishTag(eventTag, { changes });
      const [id = ''] = deliveryIds;
      await this.fail(id, failure);
      return id;
    },
    failedMessages: (query = '', key: KeyName = 'shop') => call(key, 'GET', `/gateway/failedMessages${query}`),
    redeliver: (dispatchIds: unknown, key: KeyName = 'shop') =>
      call(key, 'POST', '/gateway/failedMessages/redeliver', { dispatchIds }),
    /** Everything that a call of this interface could change. */
    async everything(): Promise<string> {
      const tables = ['subscriptions', 'subscription_secrets', 'subscription_selectors', 'lanes', 'deliveries'];
      return JSON.stringify(
        await Promise.all([...tables.map((table) => knex(table).orderByRaw('1, 2, 3')), readCancellations(knex)]),
      );
    },
    async clear(): Promise<void> {
      const tables = [
        'attempts',
        'deliveries',
        'events',
        'subscription_cancellations',
        'lanes',
        'subscription_secrets',
      ];
      for (const table of [...tables, 'subscription_selectors', 'subscriptions']) await knex(table).delete();
      receiver.clear();
    },
    async stop() {
      await close();
      await http.close();
      await receiver.stop();
      await native.stop();
    },
  };
}

export type GatewayApi = Awaited<ReturnType<typeof startGatewayApi>>;
