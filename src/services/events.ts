import type { Knex } from 'knex';
import type { Delivery } from '../db/deliveryRows';
import {
  type Event,
  type EventDeliveryKey,
  eventDeliveryKey,
  findEvent,
  isDeliveredInto,
  listEventDeliveries,
} from '../db/events';
import type { Scope } from '../domain/scope';
import { type Caller, hasRole } from './caller';
import { addAttempts, type DeliveryWithAttempts } from './deliveries';
import { notFound } from './errors';
import { type CursorKey, type PageRequest, readPage } from './page';

/** What a producer sees of a delivery that is not its own. */
export type DeliverySummary = Pick<Delivery, 'id' | 'state'>;

export interface EventWithDeliveries extends Event {
  deliveries: (DeliveryWithAttempts | DeliverySummary)[];
  /** The next page begins after this key of the last delivery; null on the last page. */
  nextKey: CursorKey | null;
}

export interface Events {
  /**
   * Operators see the events of their tenant and those delivered into it, subscribers those delivered to their app, in
   * both cases with the deliveries of their scope; producers see what they published, with every delivery's id and state.
   *
   * @throws Refusal 404 for one that is not there, or not to be seen.
   */
  read(input: {
    caller: Caller;
    scope: Scope;
    id: string;
    page: PageRequest<EventDeliveryKey>;
  }): Promise<EventWithDeliveries>;
}

export function createEvents(db: Knex): Events {
  return {
    async read({ caller, scope, id, page }) {
      const event = await findEvent(db, id);
      if (!event) throw notFound('event');
      const published = isPublisher(caller, event);
      const seen = published || ownsEvents(scope, event) || (await isDeliveredInto(db, { event, scope }));
      if (!seen) throw notFound('event');

      const visible: Scope = published ? { kind: 'all' } : scope;
      const { data, nextKey } = await readPage(
        page,
        (request) => listEventDeliveries(db, { event, scope: visible, ...request }),
        eventDeliveryKey,
      );
      return { ...event, deliveries: await addDetails(db, { data, scope }), nextKey };
    },
  };
}

/** A key without an app stands for its tenant; one without a tenant only for itself. */
function isPublisher(caller: Caller, { publisher }: Event): boolean {
  if (!hasRole(caller, 'producer')) return false;
  if (publisher.keyId === caller.keyId) return true;
  return caller.tenantId !== null && publisher.tenantId === caller.tenantId && publisher.appId === caller.appId;
}

/** Of a tenant's events its operators see all, its apps only those that were delivered to them. */
function ownsEvents(scope: Scope, { tenantId }: Event): boolean {
  return scope.kind === 'all' || (scope.kind === 'tenant' && scope.tenantId === tenantId);
}

async function addDetails(
  db: Knex,
  { data, scope }: { data: Delivery[]; scope: Scope },
): Promise<EventWithDeliveries['deliveries']> {
  const own = data.filter((delivery) => isInScope(scope, delivery));
  const detailed = await addAttempts(db, { deliveries: own });
  const byId = new Map(detailed.map((delivery) => [delivery.id, delivery]));
  return data.map(({ id, state }) => byId.get(id) ?? { id, state });
}

function isInScope(scope: Scope, { tenantId, appId }: Delivery): boolean {
  if (scope.kind === 'all') return true;
  return scope.tenantId === tenantId && (scope.kind === 'tenant' || scope.appId === appId);
}
