import type { CmdbSubscription } from '../../db/cmdb/search';
import type { Caller } from '../caller';
import type { SubscriptionDeps } from '../subscriptions/deps';
import type { CalledSubscription } from './find';
import { modify } from './modify';
import { type CalledPlace, requireApp } from './place';
import { type CmdbPage, search } from './search';
import type { CmdbSubscriptionInput } from './settings';
import { subscribe } from './subscribe';
import { type PingAnswer, ping, telnet } from './tryCallback';
import { unsubscribe } from './unsubscribe';

/** CMDB event subscription (cmdb.md): subscriptions by event name, each in a business of a tenant. */
export interface Cmdb {
  subscribe(call: CalledPlace & { input: CmdbSubscriptionInput }): Promise<number>;
  modify(call: CalledSubscription & { input: CmdbSubscriptionInput }): Promise<void>;
  unsubscribe(call: CalledSubscription): Promise<void>;
  search(call: CalledPlace & { page: CmdbPage }): Promise<CmdbSubscription[]>;
  ping(call: { caller: Caller; callbackUrl: string; data: string }): Promise<PingAnswer>;
  telnet(call: { caller: Caller; callbackUrl: string }): Promise<void>;
}

export function createCmdb(deps: SubscriptionDeps): Cmdb {
  return {
    subscribe: (call) => subscribe(deps, call),
    modify: (call) => modify(deps, call),
    unsubscribe: (call) => unsubscribe(deps, call),
    search: (call) => search(deps.db, call),
    async ping(test) {
      requireApp(test.caller);
      return ping(deps.callOut, test);
    },
    async telnet(test) {
      requireApp(test.caller);
      await telnet(deps.callOut, test);
    },
  };
}
