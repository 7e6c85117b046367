import { isUuid } from '../../contracts/ids';
import { inTurn, subscriptionRow } from '../../db/rowTurns';
import { findSubscription, listSubscriptions, type Subscription } from '../../db/subscriptions';
import type { Scope } from '../../domain/scope';
import { notFound } from '../errors';
import { type Page, type PageRequest, readPage } from '../page';
import { changeSubscription, type SubscriptionChange, type SubscriptionChanged } from './change';
import { createSubscription, type SubscriptionInput } from './create';
import { deleteSubscription } from './delete';
import type { Precondition, SubscriptionDeps } from './deps';
import { type RotateInput, readSecrets, rotateSecret, type Secrets } from './secrets';

export type { Precondition } from './deps';

/** Whoever is in scope of a subscription may steer it; one that is not there, deleted or out of scope is Refusal 404. */
export interface Subscriptions {
  create(input: SubscriptionInput): Promise<Subscription>;
  read(target: Target): Promise<Subscription>;
  list(scope: Scope, page: PageRequest): Promise<Page<Subscription>>;
  change(target: Target, change: SubscriptionChange): Promise<SubscriptionChanged>;
  delete(target: Target): Promise<{ cancelled: number }>;
  pause(target: Target): Promise<Subscription>;
  resume(target: Target): Promise<Subscription>;
  readSecrets(target: Target): Promise<Secrets>;
  rotateSecret(target: Target, input: RotateInput): Promise<Secrets>;
}

/** A subscription as a path names it, and what the caller sees. */
export interface Target {
  id: string;
  scope: Scope;
  /** Of a change: what must hold for it when its turn has come. */
  requires?: Precondition;
}

export function createSubscriptions(deps: SubscriptionDeps): Subscriptions {
  const { db, commands } = deps;

  async function read({ id, scope }: Target): Promise<Subscription> {
    const subscription = isUuid(id) ? await findSubscription(db, { id, scope }) : null;
    if (!subscription) throw notFound('subscription');
    return subscription;
  }

  async function steer(target: Target, command: (id: string) => Promise<void>): Promise<Subscription> {
    const { id } = await read(target);
    await inTurn(db, [subscriptionRow(id)], async () => {
      if (target.requires) target.requires(await read(target));
      await command(id);
    });
    return read(target);
  }

  return {
    create: (input) => createSubscription(deps, input),
    read,
    list: (scope, page) =>
      readPage(
        page,
        (request) => listSubscriptions(db, { scope, ...request }),
        ({ id }) => id,
      ),
    change: async (target, change) =>
      changeSubscription(deps, await read(target), { ...change, requires: target.requires }),
    delete: async (target) => deleteSubscription(deps, await read(target), target.requires),
    pause: (target) => steer(target, (id) => commands.pauseSubscription(id)),
    resume: (target) => steer(target, (id) => commands.resumeSubscription(id)),
    readSecrets: async (target) => readSecrets(deps, (await read(target)).id),
    rotateSecret: async (target, input) =>
      rotateSecret(deps, await read(target), { ...input, requires: target.requires }),
  };
}
