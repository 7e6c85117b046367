import type { Knex } from 'knex';
import type { AppId } from '../../db/apps';
import { listGatewayRegistrations } from '../../db/gatewayRegistrations';
import { Conflict } from '../errors';

/** All of them are listed in one answer. */
const MAX_REGISTRATIONS = 1000;

/**
 * The app has none of these tags at the url yet, `exceptId` aside, and room for them. Asked before the callback is
 * called, to spare the call, and once more under the app's lock, which alone counts.
 *
 * @throws Refusal 409.
 */
export async function requireFree(
  db: Knex,
  {
    app,
    eventTags,
    callbackUrl,
    exceptId,
  }: { app: AppId; eventTags: readonly string[]; callbackUrl: string; exceptId?: string },
): Promise<void> {
  const others = (await listGatewayRegistrations(db, app)).filter(({ id }) => id !== exceptId);
  const atUrl = new Set(others.filter((other) => other.callbackUrl === callbackUrl).map(({ eventTag }) => eventTag));
  const taken = eventTags.filter((eventTag) => atUrl.has(eventTag));
  if (taken.length > 0)
    throw new Conflict('already_exists', `registered for this callbackUrl already: ${taken.join(', ')}`);
  if (others.length + eventTags.length > MAX_REGISTRATIONS) {
    throw new Conflict('quota_exceeded', `an app has at most ${MAX_REGISTRATIONS} registrations`);
  }
}
