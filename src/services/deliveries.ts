import type { Knex } from 'knex';
import { isUuid } from '../contracts/ids';
import { type Attempt, listAttempts } from '../db/attempts';
import { type DeliveryFilter, findDelivery, listDeliveries } from '../db/deliveryReads';
import type { Delivery } from '../db/deliveryRows';
import { inTurn, subscriptionRow } from '../db/rowTurns';
import { findSubscription } from '../db/subscriptions';
import type { Scope } from '../domain/scope';
import type { Commands } from './commands';
import { Conflict, notFound } from './errors';
import { type Page, type PageRequest, readPage } from './page';

/** All that is kept of an answer; in lists a part, so that a page stays small. */
const WHOLE_EXCERPT_CHARS = 4096;
const LIST_EXCERPT_CHARS = 256;

export interface DeliveryWithAttempts extends Delivery {
  attempts: Attempt[];
}

export type DeliveryListFilter = Omit<DeliveryFilter, 'scope' | 'after' | 'limit'>;

/** A delivery that is not there or out of scope is Refusal 404. */
export interface Deliveries {
  read(target: { id: string; scope: Scope }): Promise<DeliveryWithAttempts>;
  /** @throws Refusal 404 for a subscription that is not there or out of scope. */
  list(scope: Scope, filter: DeliveryListFilter, page: PageRequest): Promise<Page<DeliveryWithAttempts>>;
  /** @throws Refusal 409 for a delivered or cancelled one. */
  retry(target: { id: string; scope: Scope }): Promise<DeliveryWithAttempts>;
  /** @throws Refusal 409 for one that is not pending. */
  cancel(target: { id: string; scope: Scope }): Promise<DeliveryWithAttempts>;
}

export function createDeliveries({
  db,
  commands,
}: {
  db: Knex;
  commands: Pick<Commands, 'retryDelivery' | 'cancelDelivery'>;
}): Deliveries {
  async function read(target: { id: string; scope: Scope }): Promise<DeliveryWithAttempts> {
    const delivery = await find(target);
    const [withAttempts] = await addAttempts(db, { deliveries: [delivery], excerptChars: WHOLE_EXCERPT_CHARS });
    return withAttempts as DeliveryWithAttempts;
  }

  async function find(target: { id: string; scope: Scope }): Promise<Delivery> {
    const delivery = await findDelivery(db, target);
    if (!delivery) throw notFound('delivery');
    return delivery;
  }

  async function steer(target: { id: string; scope: Scope }, command: (id: string) => Promise<void>) {
    const delivery = await find(target);
    // What was cancelled as a whole is so from then on, though its row may still say pending.
    if (delivery.state === 'cancelled') throw new Conflict('already_cancelled', 'the delivery is cancelled');
    await inTurn(db, [subscriptionRow(delivery.subscriptionId)], () => command(delivery.id));
    return read(target);
  }

  return {
    read,
    async list(scope, filter, page) {
      const { subscriptionId } = filter;
      if (subscriptionId !== undefined && !(await isReadable(db, { id: subscriptionId, scope }))) {
        throw notFound('subscription');
      }
      const { data, nextKey } = await readPage(
        page,
        (request) => listDeliveries(db, { scope, ...filter, ...request }),
        ({ id }) => id,
      );
      return { data: await addAttempts(db, { deliveries: data }), nextKey };
    },
    retry: (target) => steer(target, (id) => commands.retryDelivery(id)),
    cancel: (target) => steer(target, (id) => commands.cancelDelivery(id)),
  };
}

/** Of a deleted subscription too. */
async function isReadable(db: Knex, { id, scope }: { id: string; scope: Scope }): Promise<boolean> {
  return isUuid(id) && (await findSubscription(db, { id, scope, withDeleted: true })) !== null;
}

/** @param excerptChars default: as in every list. */
export async function addAttempts(
  db: Knex,
  { deliveries, excerptChars = LIST_EXCERPT_CHARS }: { deliveries: Delivery[]; excerptChars?: number },
): Promise<DeliveryWithAttempts[]> {
  const attempts = await listAttempts(db, { deliveryIds: deliveries.map(({ id }) => id), excerptChars });
  return deliveries.map((delivery) => ({ ...delivery, attempts: attempts.get(delivery.id) ?? [] }));
}
