import type { Knex } from 'knex';

/**
 * Indexes for the counts of quotas: without what is deleted or revoked, and without the many keys of portal users. Building
 * them locks `keys` and `subscriptions` against writes, not reads, for as long as reading the tables takes: about a second
 * for a million rows.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE INDEX keys_of_tenants ON keys (tenant_id) WHERE subject IS NULL AND revoked_at IS NULL;
    CREATE INDEX live_subscriptions_of_apps ON subscriptions (tenant_id, app_id) WHERE state <> 'deleted';
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP INDEX keys_of_tenants; DROP INDEX live_subscriptions_of_apps');
}
