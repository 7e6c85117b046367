import type { BesideIndex, MigrationHead } from '../migrating/migration';

/** A registration at the gateway is a subscription of one tag; an app has one for each tag and url (gateway.md). Indexes only. */
export const head: MigrationHead = {
  locks: [],
  runsFrom: '20261122100000_cmdb',
};

export const indexes: BesideIndex[] = [
  {
    name: 'subscriptions_of_gateways',
    table: 'subscriptions',
    on: "(tenant_id, app_id, topics, md5(callback_url)) WHERE interface = 'gateway' AND state <> 'deleted'",
    isUnique: true,
  },
  // The failed list, newest failure first; only a delivery that fails for good ever writes it.
  {
    name: 'deliveries_failed_at',
    table: 'deliveries',
    on: "(tenant_id, app_id, topic, finished_at, id) WHERE state = 'failed'",
  },
];
