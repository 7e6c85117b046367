import type { Knex } from 'knex';

/**
 * An audit record keeps the request id that its caller sent (`X-Request-Id`), which need not be a UUID. PostgreSQL writes the
 * table and its indexes anew and locks `audit` meanwhile, so changes over the API wait: some seconds for a million records.
 * Publishing and delivering do not write it. The release before writes UUIDs, which become text on their way in.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE audit ALTER COLUMN request_id TYPE text');
}

/** Ids that are no UUID are lost. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE audit ALTER COLUMN request_id TYPE uuid
    USING CASE WHEN request_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN request_id::uuid END`);
}
