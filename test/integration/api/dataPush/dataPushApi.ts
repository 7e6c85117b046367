import { type Answer, type KeyName, readCancellations, startNativeApi } from '../v1/nativeApi';

export const WEBHOOK = 'https://hooks.example/push';
export const SHOP = { tenantId: 'acme', appId: 'shop' };

interface LaneRow {
  id: string;
  topic: string;
  state: string;
  resume_state: string | null;
}

/** The native API's setting, with the topic `open`, of which no history is required, and `t00` to `t29`. */
export async function startDataPushApi() {
  const api = await startNativeApi();
  const { knex } = api.db;
  const numbered = Array.from({ length: 30 }, (_, at) => `t${String(at).padStart(2, '0')}`);
  await knex('topics').insert([
    { topic: 'open', name: 'Open', history_required: false },
    ...numbered.map((topic) => ({ topic, name: topic })),
  ]);

  /** What is registered, and everything that a call of this interface could change. */
  async function everything(): Promise<string> {
    const tables = ['app_registrations', 'subscriptions', 'subscription_secrets', 'subscription_selectors', 'lanes'];
    const rows = [...tables, 'deliveries', 'topics'].map((table) => knex(table).orderByRaw('1, 2, 3'));
    return JSON.stringify(await Promise.all([...rows, readCancellations(knex)]));
  }

  return {
    ...api,
    everything,
    /** As if nobody had registered yet. */
    async clear(): Promise<void> {
      const ofSubscriptions = [
        'subscription_secrets',
        'subscription_selectors',
        'lanes',
        'deliveries',
        'subscription_cancellations',
      ];
      for (const table of [...ofSubscriptions, 'subscriptions', 'app_registrations', 'app_grants']) {
        await knex(table).delete();
      }
      await knex('topics').update({ history_required: knex.raw("topic <> 'open'") });
    },
    register: (topicList?: unknown, more: Record<string, unknown> = {}, key: KeyName = 'shop'): Promise<Answer> =>
      api.call(key, 'POST', '/topics/subscribe', { ...SHOP, webhookUrl: WEBHOOK, topicList, ...more }),
    historyProcessed: (topicList?: unknown, key: KeyName = 'shop'): Promise<Answer> =>
      api.call(key, 'POST', '/topics/historyProcessed', { ...SHOP, topicList }),
    activate: (body?: unknown, key: KeyName = 'shop'): Promise<Answer> =>
      api.call(key, 'POST', '/topics/activate', body),
    /** The app's one registration. */
    async registration({ tenantId, appId } = SHOP) {
      const rows = await knex('subscriptions').where({ tenant_id: tenantId, app_id: appId, interface: 'data-push' });
      expect(rows).toHaveLength(1);
      return rows[0];
    },
    /** Of the registration, by topic. */
    async lanes(app = SHOP): Promise<Record<string, LaneRow>> {
      const { id } = await this.registration(app);
      const rows: LaneRow[] = await knex('lanes').where({ subscription_id: id }).orderBy('topic');
      return Object.fromEntries(rows.map((row) => [row.topic, row]));
    },
    async setLane(topic: string, change: Record<string, unknown>): Promise<void> {
      const { id } = await this.registration();
      await knex('lanes').where({ subscription_id: id, topic }).update(change);
    },
  };
}

export type DataPushApi = Awaited<ReturnType<typeof startDataPushApi>>;
