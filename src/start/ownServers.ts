import type { Config } from '../config/config';
import { parseEndpoint } from '../config/endpoint';
import { databaseServers } from '../db/databaseServers';
import type { EmbeddedTemporal } from '../embedded/temporal';
import { type Endpoint, OwnServers } from '../outbound/ownServers';
import { every, type Parts } from './parts';

/** A name that comes to lead elsewhere is refused at its new address after this time at the latest. */
const REFRESH_EVERY_MS = 10_000;

const GRPC_PORT = 7233;
/**
 * The defaults of a Temporal server's HTTP API, its history, matching and worker services with their membership, and its
 * UI. Its address tells only the port of its gRPC frontend.
 */
const TEMPORAL_PORTS = [GRPC_PORT, 7243, 7234, 7235, 7239, 6933, 6934, 6935, 6939, 8233];

/** Knows the database, Temporal and whatever the configuration names; the listener is added when it listens. */
export async function createOwnServers(
  { config, databaseUrl, temporal }: { config: Config; databaseUrl: string; temporal: EmbeddedTemporal | null },
  { log, stopper }: Parts,
): Promise<OwnServers> {
  const servers = new OwnServers();
  await servers.add(() => databaseServers(databaseUrl));
  await servers.add(() => config.egressDeny);
  const { egressProxy } = config;
  if (egressProxy) await servers.add(() => [egressProxy]);
  if (temporal) await servers.add(() => temporal.endpoints());
  else await servers.add(() => temporalServers(config.temporal.connection?.address ?? ''));
  every(REFRESH_EVERY_MS, { stopper, log, name: 'own_servers', run: () => servers.refresh() });
  return servers;
}

export function temporalServers(address: string): Endpoint[] {
  const frontend = parseEndpoint(address, GRPC_PORT);
  if (!frontend) return [];
  const { host, port } = frontend;
  return [...new Set([port, ...TEMPORAL_PORTS])].map((each) => ({ host, port: each }));
}
