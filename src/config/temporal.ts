import { isNativeError } from 'node:util/types';
import { type ClientConnectConfig, loadClientConnectConfig } from '@temporalio/envconfig';
import { type KeyInFile, readKeyAtStart } from './apiKeyFile';

const DEFAULT_NAMESPACE = 'default';

export interface TemporalConfig {
  namespace: string;
  connection: ClientConnectConfig['connectionOptions'] | null;
  /** The API key comes from this file, which is read anew when it changes; null: it does not. */
  apiKey: KeyInFile | null;
}

/** Says which variables are meant; the reader's own message may hold parts of a key, so it is not passed on. */
export class TemporalConfigError extends Error {}

/**
 * The variables of Temporal's own tools: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS,
 * TEMPORAL_TLS_CLIENT_CERT_PATH and its like; and TEMPORAL_API_KEY_FILE, which goes before TEMPORAL_API_KEY. Their configuration file counts only when TEMPORAL_CONFIG_FILE names it: one
 * that lies in a home folder must not move an installation to another Temporal.
 */
export function loadTemporal(env: Record<string, string>): TemporalConfig | TemporalConfigError {
  try {
    const apiKey = env.TEMPORAL_API_KEY_FILE ? readKeyAtStart(env.TEMPORAL_API_KEY_FILE) : null;
    const { namespace, connectionOptions } = loadClientConnectConfig({
      overrideEnvVars: apiKey ? { ...env, TEMPORAL_API_KEY: apiKey.key } : env,
      disableFile: env.TEMPORAL_CONFIG_FILE === undefined,
    });
    const connection = connectionOptions.address === undefined ? null : connectionOptions;
    return { namespace: namespace ?? DEFAULT_NAMESPACE, connection, apiKey };
  } catch (error) {
    const code = isNativeError(error) && 'code' in error ? ` (${String(error.code)})` : '';
    const names = Object.keys(env).filter((name) => name.startsWith('TEMPORAL_') && name !== 'TEMPORAL_CLI_PATH');
    return new TemporalConfigError(`${names.sort().join(', ')}: cannot be read as Temporal's configuration${code}`);
  }
}
