import type { Commands } from '../commands';
import type { SubscriptionDeps } from '../subscriptions/deps';

export interface DataPushDeps extends SubscriptionDeps {
  commands: SubscriptionDeps['commands'] & Pick<Commands, 'processHistory' | 'activateLanes'>;
}
