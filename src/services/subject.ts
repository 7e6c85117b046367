import type { DeliverySubject } from '../contracts/carrying';
import type { AttemptTarget } from './attempts/attempt';

/** What a workflow's page and search attributes say of it. Topic '' is the one lane of an independent subscription. */
export function subjectOf(target: AttemptTarget, topic: string): DeliverySubject {
  const { tenantId, appId, id: subscriptionId, callbackHost } = target;
  return { tenantId, appId, subscriptionId, topic, callbackHost };
}
