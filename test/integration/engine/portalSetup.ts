import type { PortalAction } from '../../../src/domain/portalTargets';
import type { Caller } from '../../../src/services/caller';
import type { Addition } from '../../../src/services/portal/add';
import { OPERATOR, startInstallation, TENANT, waitFor } from '../../support/engine';
import { startReceiver } from '../../support/receiver';

export interface PortalMessage {
  id: string;
  topic: string;
  action: string;
  target_type: string;
  target_id: string;
  changes: unknown[];
  recipients: { user: string; subscription_uuid: string }[];
  occurredAt: string;
}

/** An app of its own for each test, so that they do not meet. */
export interface PortalApp {
  tenantId: string;
  appId: string;
}

let made = 0;

/** One installation with one process, the target types 1 and 7, and a receiver that every app's callback is a path of. */
export async function startPortal() {
  const installation = await startInstallation();
  const receiver = await startReceiver();
  const node = await installation.startNode();
  const { knex } = installation;
  await knex('target_types').insert(
    [1, 7].map((number) => ({ number, name: `${number}`, uuid: `term-number-${number}` })),
  );

  const pathOf = ({ tenantId, appId }: PortalApp) => `/${tenantId}-${appId}`;
  const user = ({ tenantId, appId }: PortalApp, subject: string): Caller => ({
    ...{ keyId: 'test', tenantId, appId, roles: ['subscriber'], subject },
  });

  return {
    installation,
    knex,
    receiver,
    node,
    pathOf,
    user,
    /** A target id that no other test has. */
    newTarget: () => `target${++made}`,
    newTenant: async (): Promise<string> => {
      const id = `tenant${++made}`;
      await knex('tenants').insert({ id, name: id });
      return id;
    },
    async newApp({ tenantId = TENANT, hasCallback = true } = {}): Promise<PortalApp> {
      const app = { tenantId, appId: `portal${++made}` };
      const callbackUrl = hasCallback ? receiver.url(pathOf(app)) : null;
      await node.services.apps.create(OPERATOR, { tenantId, id: app.appId, name: 'Portal', callbackUrl });
      return app;
    },
    /** A key of the user's. @returns its id. */
    async newKey(app: PortalApp, subject: string): Promise<string> {
      return (await node.services.keys.create({ caller: OPERATOR, ...app, roles: ['subscriber'], subject })).id;
    },
    /** As that user, or (subject null) as an operator for the whole tenant. @returns its uuid. */
    async add(
      app: PortalApp,
      { subject, ...more }: { subject: string | null } & Pick<Addition, 'targetId'> & Partial<Addition>,
    ): Promise<string> {
      const { tenantId } = app;
      const { uuid } = await node.services.portal.add({
        ...(subject === null
          ? ({ caller: OPERATOR, bundle: 'system_subscription_list', tenantId } as const)
          : ({ caller: user(app, subject), bundle: 'subscription' } as const)),
        ...({ targetType: { number: 7 }, action: 'collection', title: null, status: 1, enable: 1 } as const),
        ...more,
      });
      return uuid;
    },
    /** By SQL, for many: keys of `user00001` and so on, and what each of them subscribes to. */
    async addMany(app: PortalApp, { count, targetId }: { count: number; targetId: string | null }): Promise<void> {
      const { tenantId, appId } = app;
      await knex.raw(
        `INSERT INTO keys (id, tenant_id, app_id, roles, subject, secret_hash)
         SELECT ? || n, ?, ?, '{subscriber}', 'user' || lpad(n::text, 5, '0'), '\\x00' FROM generate_series(1, ?::int) n`,
        [`${appId}key`, tenantId, appId, count],
      );
      if (targetId === null) return;
      await knex.raw(
        `INSERT INTO portal_subscriptions (tenant_id, uuid, app_id, subject, target_type, action, target_id)
         SELECT ?, ? || n, ?, 'user' || lpad(n::text, 5, '0'), 7, 'collection', ? FROM generate_series(1, ?::int) n`,
        [tenantId, `${appId}-uuid-`, appId, targetId, count],
      );
    },
    publish: (
      changes: unknown[],
      { type = 'collection', ...more }: { type?: PortalAction | 'create'; topic?: string; tenantId?: string } = {},
    ) => node.publish({ topic: '7', type, changes: JSON.stringify(changes), ...more }),
    /** What an event has become: every delivery of it, in order. */
    deliveriesOf: (eventId: string) => knex('deliveries').where({ event_id: eventId }).orderBy('page_number'),
    /** The users of each page as they were fixed at acceptance. */
    async fixed(eventId: string): Promise<string[][]> {
      const rows: { page: { recipients: [string, number][] } }[] = await this.deliveriesOf(eventId);
      return rows.map(({ page }) => page.recipients.map(([subject]) => subject));
    },
    messages: (app: PortalApp): PortalMessage[] =>
      receiver.hits(pathOf(app)).map(({ body }) => JSON.parse(body) as PortalMessage),
    /** The users of each message, once so many have come. */
    async told(app: PortalApp, count: number): Promise<string[][]> {
      await receiver.waitForHits(pathOf(app), count, { timeoutMs: 20_000 });
      return this.messages(app).map(({ recipients }) => recipients.map((recipient) => recipient.user));
    },
    /** Of the event's deliveries, all, in the order of their pages. */
    async waitForStates(eventId: string, states: string[]): Promise<void> {
      let seen: string[] = [];
      await waitFor(
        async () => {
          seen = (await this.deliveriesOf(eventId)).map((row: { state: string }) => row.state);
          return seen.join() === states.join() || undefined;
        },
        { what: () => `deliveries ${states.join()}; they are ${seen.join()}` },
      );
    },
    async stop() {
      await receiver.stop();
      await installation.stop();
    },
  };
}

export type Portal = Awaited<ReturnType<typeof startPortal>>;
