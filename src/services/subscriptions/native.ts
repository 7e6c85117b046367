import type { Subscription } from '../../db/subscriptions';
import { Conflict } from '../errors';

/** @throws Refusal 409: each interface has rules of its own for what it registered. */
export function requireNative(subscription: Subscription): void {
  if (subscription.interface !== 'native') {
    throw new Conflict(
      'other_interface',
      `this subscription is changed and deleted through the ${subscription.interface} interface`,
    );
  }
}
