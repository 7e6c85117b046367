import type { PortalSubscription } from '../../db/portal/portalSubscriptions';
import type { SubscriptionDeps } from '../subscriptions/deps';
import { type Addition, add } from './add';
import { type Change, change } from './change';
import { list, type PortalList, type PortalPage } from './list';
import { type PortalCallOf, read } from './read';
import { remove } from './remove';

export type { PortalPage, PortalSubscription };

/** What portal users subscribe to, and what all users of a tenant are told by default (portal.md). */
export interface Portal {
  add(addition: Addition): Promise<PortalSubscription>;
  read(call: PortalCallOf): Promise<PortalSubscription>;
  change(change: Change): Promise<PortalSubscription>;
  remove(call: PortalCallOf): Promise<void>;
  list(list: PortalList): Promise<PortalPage>;
}

export function createPortal(deps: SubscriptionDeps): Portal {
  const { db } = deps;
  return {
    add: (addition) => add(deps, addition),
    read: (call) => read(db, call),
    change: (changed) => change(deps, changed),
    remove: (call) => remove(deps, call),
    list: (listed) => list(db, listed),
  };
}
