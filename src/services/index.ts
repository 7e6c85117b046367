import { QUOTA_LIMITS, type QuotaLimits } from '../domain/quotaLimits';
import { type Apps, createApps } from './apps';
import { type Cmdb, createCmdb } from './cmdb';
import type { Commands } from './commands';
import { createDataPush, type DataPush } from './dataPush';
import { createDeliveries, type Deliveries } from './deliveries';
import { createEvents, type Events } from './events';
import { createGateway, type Gateway } from './gateway';
import { createGrants, type Grants } from './grants';
import { createKeyAdmin, type KeyAdmin } from './keyAdmin';
import { createLanes, type Lanes } from './lanes';
import { createPortal, type Portal } from './portal';
import type { Publish } from './publish';
import { createQuotas } from './quotas';
import { createRepeats, type Repeats } from './repeats';
import { createSubscriptions, type Subscriptions } from './subscriptions';
import type { SubscriptionDeps } from './subscriptions/deps';
import { createTargetTypes, type TargetTypes } from './targetTypes';
import { createTenants, type Tenants } from './tenants';
import { createTopics, type Topics } from './topics';

/** The use cases that the API offers. */
export interface Services {
  publish: Publish;
  repeats: Repeats;
  tenants: Tenants;
  apps: Apps;
  grants: Grants;
  keys: KeyAdmin;
  topics: Topics;
  targetTypes: TargetTypes;
  subscriptions: Subscriptions;
  events: Events;
  deliveries: Deliveries;
  lanes: Lanes;
  dataPush: DataPush;
  cmdb: Cmdb;
  portal: Portal;
  gateway: Gateway;
}

export interface ServiceDeps extends Omit<SubscriptionDeps, 'quotas'> {
  publish: Publish;
  commands: Commands;
  /** How long events are kept, at least. */
  retentionDays: number;
  /** Default: QUOTA_LIMITS. */
  quotaLimits?: QuotaLimits;
}

export function createServices({ quotaLimits = QUOTA_LIMITS, ...given }: ServiceDeps): Services {
  const { db, publish } = given;
  const deps = { ...given, quotas: createQuotas(quotaLimits) };
  return {
    publish,
    repeats: createRepeats(deps),
    tenants: createTenants(db),
    apps: createApps(deps),
    grants: createGrants(deps),
    keys: createKeyAdmin(deps),
    topics: createTopics(db),
    targetTypes: createTargetTypes(db),
    subscriptions: createSubscriptions(deps),
    events: createEvents(db),
    deliveries: createDeliveries(deps),
    lanes: createLanes(deps),
    dataPush: createDataPush(deps),
    cmdb: createCmdb(deps),
    portal: createPortal(deps),
    gateway: createGateway(deps),
  };
}
