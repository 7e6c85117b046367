import type { Subscription } from '../../db/subscriptions';
import { Refusal } from '../errors';

/** @throws Refusal 409: each interface has rules of its own for what it registered. */
export function requireNative(subscription: Subscription): void {
  if (subscription.interface !== 'native') {
    throw new Refusal(409, `this subscription is changed and deleted through the ${subscription.interface} interface`);
  }
}
