import type { BesideIndex, MigrationHead } from '../migrating/migration';

/** Indexes for the counts of quotas: without what is deleted or revoked, and without the many keys of portal users. */
export const head: MigrationHead = {
  locks: [],
  runsFrom: '20261123060000_inlined_ids',
};

export const indexes: BesideIndex[] = [
  {
    name: 'keys_of_tenants',
    table: 'keys',
    on: '(tenant_id) WHERE subject IS NULL AND revoked_at IS NULL',
  },
  {
    name: 'live_subscriptions_of_apps',
    table: 'subscriptions',
    on: "(tenant_id, app_id) WHERE state <> 'deleted'",
  },
];
