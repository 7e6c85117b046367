import type { Knex } from 'knex';
import type { Steer } from '../../db/steerings';
import type { Subscription } from '../../db/subscriptions';
import type { Share } from '../../domain/fairness/fairQueue';
import type { CallbackCheck } from '../callbackCheck';
import type { Commands } from '../commands';
import type { Quotas } from '../quotas';
import type { SecretBox } from '../secretBox';
import type { TestCalls } from '../testCalls';

/** Looks at a subscription that is locked and about to be changed. @throws to leave it as it is. */
export type Precondition = (current: Subscription) => void;

/** The size of a regular expression's program, or what is wrong with it. */
export type CompiledPattern = { programSize: number } | { error: string };

export interface SubscriptionDeps {
  db: Knex;
  /** For transactions that change what may be sent, or how. */
  steer: Steer;
  commands: Pick<Commands, 'pauseSubscription' | 'resumeSubscription' | 'sweepCancellations'>;
  secretBox: SecretBox;
  checkCallbackUrl: CallbackCheck;
  /** The same as far as the text goes, without the egress policy. */
  checkUrlText: CallbackCheck;
  testCalls: TestCalls;
  /** Beside the event loop: compiling can take long. */
  compilePattern(input: { pattern: string; share: Share }): Promise<CompiledPattern>;
  quotas: Quotas;
  /** `whsec_…`, as Standard Webhooks has them. */
  newSigningSecret: () => string;
}
