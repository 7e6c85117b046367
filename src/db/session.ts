import type { ClientBase } from 'pg';
import { within } from '../domain/within';
import type { SessionSettings } from './sessionSettings';

/** The answer to the two statements of a new connection; a pooler that queues them counts as away. */
const SETTLE_WITHIN_MS = 4000;

/** A connection without a setting that our statements depend on. Nothing runs on it. */
export class SessionRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SessionRefused';
  }
}

/** The join leaves out what this server's version does not know, and what only a superuser may set. */
const SET = `
SELECT set_config(s.name, w.value, false)
FROM unnest($1::text[], $2::text[]) AS w(name, value) JOIN pg_settings s ON s.name = w.name
WHERE s.context = 'user' AND s.setting <> w.value
  AND NOT (s.name = 'synchronous_commit' AND s.setting = 'remote_apply')`;

/** A statement of its own: a pooler that gives each statement another session shows by it that nothing set lasts. */
const READ = 'SELECT name, setting FROM pg_settings WHERE name = ANY($1::text[])';

/**
 * Sets what every statement of this connection depends on, and reads it back.
 *
 * @throws SessionRefused naming each setting that is not as it must be.
 */
export async function settleSession(client: ClientBase, settings: SessionSettings): Promise<void> {
  const names = Object.keys(settings);
  const setAndRead = async () => {
    await client.query(SET, [names, Object.values(settings)]);
    return client.query<{ name: string; setting: string }>(READ, [names]);
  };
  const late = () => new Error(`PostgreSQL gave no answer within ${SETTLE_WITHIN_MS} ms`);
  const read = await within(SETTLE_WITHIN_MS, setAndRead(), late);
  const lacking = read.rows.filter(({ name, setting }) => !isAsWanted(name, setting, settings[name]));
  if (lacking.length === 0) return;
  const found = lacking.map(({ name, setting }) => `${name} is "${setting}", but must be "${settings[name]}"`);
  throw new SessionRefused(`a connection to PostgreSQL does not take the settings it needs: ${found.join('; ')}`);
}

function isAsWanted(name: string, found: string, wanted: string | undefined): boolean {
  return found === wanted || (name === 'synchronous_commit' && found === 'remote_apply');
}
