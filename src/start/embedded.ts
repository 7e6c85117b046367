import type { Config } from '../config/config';
import { SEARCH_ATTRIBUTES } from '../contracts/searchAttributes';
import { chooseCacheDir } from '../embedded/binaryCache';
import { startEmbeddedPostgres } from '../embedded/postgres';
import { type EmbeddedTemporal, startEmbeddedTemporal } from '../embedded/temporal';
import { findTemporalCli } from '../embedded/temporalBinary';
import type { Parts } from './parts';

/** @returns the URL of its database. */
export async function embeddedPostgres({ dataDir }: Config, { log, stopper }: Parts): Promise<string> {
  const postgres = await startEmbeddedPostgres({ dataDir, log });
  postgres.keepRunning();
  stopper.add('embedded PostgreSQL', () => postgres.stop(), { withinMs: 60_000 });
  return postgres.url;
}

export async function embeddedTemporal(config: Config, { log, stopper }: Parts): Promise<EmbeddedTemporal> {
  const { dataDir, temporal } = config;
  const cliPath = await findTemporalCli({
    cliPath: temporal.cliPath ?? undefined,
    cacheDir: await chooseCacheDir({ dataDir }),
    onProgress: (line) => log.info({ event: 'temporal.program', line }),
  });
  const { namespace } = temporal;
  const server = await startEmbeddedTemporal({ dataDir, cliPath, namespace, searchAttributes: SEARCH_ATTRIBUTES, log });
  server.keepRunning();
  stopper.add('embedded Temporal', () => server.stop(), { withinMs: 15_000 });
  return server;
}
