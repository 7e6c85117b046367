import type { Commands } from '../commands';
import type { SubscriptionDeps } from '../subscriptions/deps';

export interface GatewayDeps extends SubscriptionDeps {
  commands: SubscriptionDeps['commands'] & Pick<Commands, 'retryDelivery'>;
}
