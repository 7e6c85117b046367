import type { Knex } from 'knex';
import type { Steer } from '../../db/steerings';
import type { CallbackCheck } from '../callbackCheck';
import type { CallOut } from '../callOut';
import type { Commands } from '../commands';
import type { SecretBox } from '../secretBox';

export interface SubscriptionDeps {
  db: Knex;
  /** For transactions that change what may be sent, or how. */
  steer: Steer;
  commands: Pick<Commands, 'pauseSubscription' | 'resumeSubscription' | 'sweepCancellations'>;
  secretBox: SecretBox;
  checkCallbackUrl: CallbackCheck;
  callOut: CallOut;
  /** `whsec_…`, as Standard Webhooks has them. */
  newSigningSecret: () => string;
}
