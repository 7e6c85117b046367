import type { Knex } from 'knex';
import type { CallbackCheck } from '../callbackCheck';
import type { CallOut } from '../callOut';
import type { Commands } from '../commands';
import type { Quotas } from '../quotas';
import type { SecretBox } from '../secretBox';

export interface SubscriptionDeps {
  db: Knex;
  commands: Pick<Commands, 'pauseSubscription' | 'resumeSubscription' | 'sweepCancellations'>;
  secretBox: SecretBox;
  checkCallbackUrl: CallbackCheck;
  callOut: CallOut;
  quotas: Quotas;
  /** `whsec_…`, as Standard Webhooks has them. */
  newSigningSecret: () => string;
}
