import { pino } from 'pino';
import { createApi, ROUTES } from '../../../src/api/server';
import { createAuthenticator } from '../../../src/services/keys/authenticate';
import { createKey } from '../../../src/services/keys/createKey';
import { type Account, call, makeAccount, must } from '../../support/api';
import { API_OPTIONS } from '../../support/apiOptions';
import { type EngineNodeOptions, OPERATOR, startInstallation, waitFor } from '../../support/engine';
import { type Behaviour, type Hit, startReceiver } from '../../support/receiver';
import { READY } from '../api/testApi';
import { waitForDelivery } from './rows';

export const ACKNOWLEDGED = { body: '{ "errcode": "0", "errmsg": "成功" }' };
export const FROZEN = 'MOZI_BUC_ACCOUNT_MODIFY_REALM|frozen';
export const UNFROZEN = 'MOZI_BUC_ACCOUNT_MODIFY_REALM|unfrozen';

/** A whole installation with its API, and a receiver whose every path acknowledges until it is told otherwise. */
export async function startGatewayInstallation(options: EngineNodeOptions = {}) {
  const installation = await startInstallation();
  const node = await installation.startNode(options);
  const receiver = await startReceiver();
  const api = createApi({
    routes: ROUTES,
    services: node.services,
    authenticate: createAuthenticator(installation.knex),
    readiness: async () => READY,
    metrics: node.metrics,
    log: pino({ level: 'silent' }),
    maxEventBytes: 262_144,
    rateLimitPerKey: 100_000,
    ...API_OPTIONS,
  });
  const { url, close } = await api.listen({ host: '127.0.0.1', port: 0 });
  const { key: operatorKey } = await createKey(installation.knex, { caller: OPERATOR, roles: ['operator'] });

  return {
    knex: installation.knex,
    node,
    receiver,
    /** A tenant with an app that has a subscriber's key, and a producer's. */
    account: (): Promise<Account> => makeAccount({ url, operatorKey }),
    /**
     * Registers the tags at the path, which acknowledges the verification and from then on does as told; `strict`: it does
     * as told from the beginning. @returns the registrations.
     */
    async register(
      { subscriber }: Account,
      {
        path,
        eventTags,
        answers = ACKNOWLEDGED,
        strict = false,
      }: { path: string; eventTags: string[]; answers?: Behaviour; strict?: boolean },
    ): Promise<{ id: string; eventTag: string; callbackUrl: string; format: string; createdAt: string }[]> {
      receiver.on(path, strict ? answers : ACKNOWLEDGED);
      const answer = await must(subscriber, 'POST', '/gateway/callbacks', {
        eventTags,
        callbackUrl: receiver.url(path),
      });
      receiver.on(path, answers);
      return answer.data;
    },
    /** Publishes to the tag as a producer does, `changes` as JSON text. @returns the event's id. */
    async publish({ producer }: Account, eventTag: string, changes: string): Promise<string> {
      const [topic, type] = eventTag.split('|');
      const address = { event_source: 'gateway', event_topic: topic, event_type: type, event_status: '1' };
      const response = await fetch(`${url}/api/publish`, {
        method: 'POST',
        headers: { authorization: producer.key },
        body: `${JSON.stringify(address).slice(0, -1)},"changes":${changes}}`,
      });
      const answer = (await response.json()) as { request_id: string; code: string };
      if (answer.code !== '000') throw new Error(JSON.stringify(answer));
      return answer.request_id;
    },
    /** The messages that came to the path, without verifications, once there are so many. */
    async messages(path: string, count: number): Promise<Record<string, string>[]> {
      return waitFor(
        () => {
          const messages = receiver.hits(path).filter(({ headers }) => headers['webhook-id'] !== undefined);
          return messages.length >= count ? messages.map(fieldsOf) : undefined;
        },
        { what: () => `${count} messages at ${path}; there are ${JSON.stringify(receiver.hits(path))}` },
      );
    },
    /** The app's failed list, once it has so many entries. */
    // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
    async failed({ subscriber }: Account, count: number): Promise<any[]> {
      return waitFor(
        async () => {
          const { data } = await must(subscriber, 'GET', '/gateway/failedMessages');
          return data.list.length === count ? data.list : undefined;
        },
        { what: `${count} failed messages` },
      );
    },
    /** The registration's one delivery, once it is delivered. */
    delivered: (subscriptionId: string) => waitForDelivery(installation.knex, { subscriptionId, state: 'delivered' }),
    /** The registration's one delivery, as /v1 shows it, once an attempt of it has failed. */
    async attempted({ subscriber }: Account, subscriptionId: string) {
      const { id } = await waitForDelivery(installation.knex, { subscriptionId, failures: 1 });
      return must(subscriber, 'GET', `/v1/deliveries/${id}`);
    },
    call,
    must,
    async stop() {
      await close();
      await receiver.stop();
      await installation.stop();
    },
  };
}

/** Whether it is form-encoded or JSON. */
function fieldsOf({ headers, body }: Hit): Record<string, string> {
  return headers['content-type'] === 'application/json'
    ? JSON.parse(body)
    : Object.fromEntries(new URLSearchParams(body));
}

export type GatewayInstallation = Awaited<ReturnType<typeof startGatewayInstallation>>;
