import type { Commands } from '../commands';
import type { SubscriptionDeps } from '../subscriptions/deps';

export interface DataPushDeps extends SubscriptionDeps {
  retentionDays: number;
  commands: SubscriptionDeps['commands'] & Pick<Commands, 'processHistory' | 'activateLanes'>;
}
