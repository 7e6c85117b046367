import type { PortalSubscription } from '../../../services/portal';
import type { PortalBundle } from '../../../services/portal/owner';
import { withFields } from './jsonApiQuery';
import { SUBSCRIPTION_PATH, TERM_TYPE } from './shapes';

/** How an answer was asked for. */
export interface Asked {
  bundle: PortalBundle;
  /** Of an operator who has none: the paths of its answers name it too. */
  tenantId?: string;
  query: Record<string, unknown>;
}

/** Path of one. */
export function pathOf({ bundle, tenantId }: Omit<Asked, 'query'>, uuid: string): string {
  const of = tenantId === undefined ? '' : `?tenantId=${encodeURIComponent(tenantId)}`;
  return `${SUBSCRIPTION_PATH}/${bundle}/${uuid}${of}`;
}

/** The JSON:API document of one. */
export function toDocument(asked: Asked, subscription: PortalSubscription) {
  return { data: toResource(asked, subscription), links: { self: pathOf(asked, subscription.uuid) } };
}

export function toResource(asked: Asked, { termUuid, ...subscription }: PortalSubscription) {
  const { uuid, title, targetId, action, status, enable, createdAt } = subscription;
  const resource = {
    type: `subscription--${asked.bundle}`,
    id: uuid,
    attributes: {
      ...{ title, target_id: targetId, action, status, uuid, created: toCreated(createdAt) },
      ...(enable !== null && { enable }),
    },
    relationships: { target_type: { data: { type: TERM_TYPE, id: termUuid } } },
    links: { self: pathOf(asked, uuid) },
  };
  return withFields(resource, asked.query);
}

/** One of a list: the fields of the published sample, in its order. */
export function toListed(bundle: PortalBundle, subscription: PortalSubscription) {
  const { id, uuid, targetId, title, targetType, action, createdAt, enable } = subscription;
  return {
    ...{ id, uuid, target_id: targetId, title, target_type: String(targetType), action, type: bundle },
    created: toCreated(createdAt),
    ...(enable !== null && { enable }),
  };
}

/** `2020-05-14T02:20:14+0000` */
function toCreated(at: Date): string {
  return `${at.toISOString().slice(0, 19)}+0000`;
}
