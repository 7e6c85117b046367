import type { ListedPortalSubscription, PortalSubscription } from '../../../services/portal';
import type { PortalBundle } from '../../../services/portal/owner';
import { TERM_TYPE } from './shapes';

/** The JSON:API document of one. */
export function toDocument(bundle: PortalBundle, { termUuid, ...subscription }: PortalSubscription) {
  const { uuid, title, targetId, action, status, enable, createdAt } = subscription;
  return {
    data: {
      type: `subscription--${bundle}`,
      id: uuid,
      attributes: {
        ...{ title, target_id: targetId, action, status, uuid, created: toCreated(createdAt) },
        ...(enable !== null && { enable }),
      },
      relationships: { target_type: { data: { type: TERM_TYPE, id: termUuid } } },
    },
  };
}

/** One of a list: the fields of the published sample, in its order. */
export function toListed(bundle: PortalBundle, subscription: ListedPortalSubscription) {
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
