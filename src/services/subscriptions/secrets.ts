import type { Knex } from 'knex';
import { audit } from '../../db/audit';
import { makeOnce } from '../../db/makeOnce';
import { steerInTurn, subscriptionRow } from '../../db/rowTurns';
import { insertSecret, listLiveSecrets, retireSecrets } from '../../db/secrets';
import { lockSubscription, type Subscription, updateSubscription } from '../../db/subscriptions';
import { Conflict, notFound } from '../errors';
import type { SecretBox } from '../secretBox';
import type { Precondition, SubscriptionDeps } from './deps';

/** Every callback is signed with each of them, so that a receiver can change over in its own time. */
const MAX_LIVE_SECRETS = 5;

export interface Secrets {
  secret: string;
  /** Newest first. */
  previous: { secret: string; expiresAt: Date }[];
}

export interface RotateInput {
  /** How long callbacks are signed with the present secret too. */
  overlapSeconds: number;
}

/** Who has seen a secret can sign with it: that is recorded like a change. */
export function readSecrets({ db, secretBox }: SubscriptionDeps, subscriptionId: string): Promise<Secrets> {
  return db.transaction(async (trx) => {
    await audit(trx, { object: 'secret', id: subscriptionId, of: { subscriptionId }, change: { is: 'shown' } });
    return openSecrets(trx, { secretBox, subscriptionId });
  });
}

/** @throws Refusal 404 when it is deleted meanwhile; 409 beyond 5 live secrets. */
export async function rotateSecret(
  { db, steer, secretBox, newSigningSecret }: SubscriptionDeps,
  { id: subscriptionId }: Subscription,
  { overlapSeconds, requires }: RotateInput & { requires?: Precondition },
): Promise<Secrets> {
  return steerInTurn({ db, steer }, [subscriptionRow(subscriptionId)], async (trx) => {
    const current = requires && (await lockSubscription(trx, subscriptionId));
    if (current) requires(current);
    // Locks the subscription, so rotations come one after another; the new version makes every process read it again.
    if (!(await updateSubscription(trx, subscriptionId, {}))) throw notFound('subscription');
    return makeOnce(trx, async () => {
      const change = { is: 'rotated', overlapSeconds };
      await audit(trx, { object: 'secret', id: subscriptionId, of: { subscriptionId }, change });
      await retireSecrets(trx, { subscriptionId, overlapSeconds });
      const sealed = secretBox.seal(newSigningSecret(), subscriptionId);
      await insertSecret(trx, { subscriptionId, ...sealed });
      const secrets = await openSecrets(trx, { secretBox, subscriptionId });
      if (secrets.previous.length >= MAX_LIVE_SECRETS) {
        throw new Conflict(
          'quota_exceeded',
          `there are ${MAX_LIVE_SECRETS} live secrets: rotate when one of them has expired`,
        );
      }
      return secrets;
    });
  });
}

async function openSecrets(
  db: Knex,
  { secretBox, subscriptionId }: { secretBox: SecretBox; subscriptionId: string },
): Promise<Secrets> {
  const [current, ...previous] = (await listLiveSecrets(db, subscriptionId)).map((stored) => ({
    secret: secretBox.open(stored, subscriptionId),
    expiresAt: stored.expiresAt,
  }));
  if (!current) throw new Error(`subscription ${subscriptionId} has no signing secret`);
  return {
    secret: current.secret,
    previous: previous.map(({ secret, expiresAt }) => ({ secret, expiresAt: expiresAt as Date })),
  };
}
