import type { Config } from '../config/config';
import { asLibpqReads } from '../db/libpqTls';
import { migrate } from '../db/migrate';
import { checkSessions } from '../db/sessionCheck';
import { loadEmbedded } from './loadEmbedded';
import type { Parts } from './parts';

/** The database, with a schema that this program fits. Migrates it where MIGRATE allows that. */
export async function openSchema(config: Config, parts: Parts): Promise<{ databaseUrl: string; schema: string }> {
  const databaseUrl = config.databaseUrl
    ? await asLibpqReads(config.databaseUrl)
    : await (await loadEmbedded()).embeddedPostgres(config, parts);
  const { schema } = await checkSessions(databaseUrl);
  await migrate(databaseUrl, {
    schema,
    mayMigrate: config.migrate !== 'off',
    onRun: (name) => parts.log.info({ event: 'migration.run', name }),
  });
  return { databaseUrl, schema };
}

/** Everything else is left alone: no key is made, Temporal is not asked. */
export async function migrateOnly(config: Config, parts: Parts): Promise<void> {
  await openSchema(config, parts);
  parts.log.info({ event: 'migrated' });
}
