import type { Knex } from 'knex';

/** A registration at the gateway is a subscription of one tag; an app has one for each tag and url (gateway.md). */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE UNIQUE INDEX subscriptions_of_gateways ON subscriptions (tenant_id, app_id, topics, md5(callback_url))
      WHERE interface = 'gateway' AND state <> 'deleted';

    -- The failed list, newest failure first; only a delivery that fails for good ever writes it.
    CREATE INDEX deliveries_failed_at ON deliveries (tenant_id, app_id, topic, finished_at, id) WHERE state = 'failed';
  `);
}

export async function down(): Promise<void> {
  throw new Error('the migration cannot be taken back: drop the database instead');
}
