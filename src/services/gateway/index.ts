import { type GatewayRegistration, listGatewayRegistrations } from '../../db/gatewayRegistrations';
import type { Caller } from '../caller';
import type { PageRequest } from '../page';
import { change, type RegistrationChange } from './change';
import type { GatewayDeps } from './deps';
import { type FailedFilter, type FailedKey, type FailedPage, listFailed } from './listFailed';
import { ownApp } from './ownApp';
import { redeliver } from './redeliver';
import { type NewRegistrations, register } from './register';
import { remove } from './remove';

/** Gateway messages (gateway.md): registrations of the key's app, one per tag and url, and its failed messages. */
export interface Gateway {
  register(wanted: NewRegistrations): Promise<GatewayRegistration[]>;
  /** All of them, oldest first. @throws Refusal 403 for a key that has no app. */
  list(caller: Caller): Promise<GatewayRegistration[]>;
  change(wanted: RegistrationChange): Promise<GatewayRegistration>;
  remove(target: { caller: Caller; id: string }): Promise<void>;
  listFailed(query: { caller: Caller; filter: FailedFilter; page: PageRequest<FailedKey> }): Promise<FailedPage>;
  redeliver(wanted: { caller: Caller; dispatchIds: readonly string[] }): Promise<number>;
}

export function createGateway(deps: GatewayDeps): Gateway {
  return {
    register: (wanted) => register(deps, wanted),
    list: async (caller) => listGatewayRegistrations(deps.db, ownApp(caller)),
    change: (wanted) => change(deps, wanted),
    remove: (target) => remove(deps, target),
    listFailed: (query) => listFailed(deps.db, query),
    redeliver: (wanted) => redeliver(deps, wanted),
  };
}
