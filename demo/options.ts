import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const USAGE = `npm run demo -- [options]

  Publishes GitHub's webhook examples to a running Postrider and receives what it delivers; then is a data-push subscriber
  that has a history to process, and whose receiver goes and comes back; then a line for each other interface.

  --url <url>            the API; default http://127.0.0.1:8080
  --data-dir <folder>    DATA_DIR of that Postrider, where its operator key lies; default .data
  --all                  every example (some 330) instead of some dozens
  --help

  OPERATOR_KEY, PORT, DATA_DIR and TEMPORAL_NAMESPACE mean what they mean for Postrider.
`;

export interface Options {
  /** Without a slash at its end. */
  url: string;
  operatorKey: string;
  /** Of the Temporal UI's namespace; null where no embedded Temporal has left its address. */
  temporalUiUrl: string | null;
  all: boolean;
}

/** What a person can put right. */
export class DemoError extends Error {}

/** Null when only help was wanted, which it prints. @throws DemoError */
export function readOptions(args: string[], env: NodeJS.ProcessEnv): Options | null {
  const given = parse(args);
  if (given.help) {
    process.stdout.write(USAGE);
    return null;
  }
  const dataDir = resolve(given['data-dir'] ?? (env.DATA_DIR || '.data'));
  return {
    url: (given.url ?? `http://127.0.0.1:${env.PORT || 8080}`).replace(/\/+$/, ''),
    operatorKey: env.OPERATOR_KEY || operatorKeyIn(join(dataDir, 'operator.key')),
    temporalUiUrl: temporalUiOf({ dataDir, namespace: env.TEMPORAL_NAMESPACE || 'default' }),
    all: given.all ?? false,
  };
}

function parse(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        url: { type: 'string' },
        'data-dir': { type: 'string' },
        all: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (error) {
    throw new DemoError(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
}

function operatorKeyIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new DemoError(
      `There is no operator key in ${file}. Start Postrider first (npm start, in another terminal), or say where its ` +
        'DATA_DIR is (--data-dir), or set OPERATOR_KEY.',
    );
  }
}

/** The embedded Temporal keeps its ports there, so that they stay the same at every start. */
function temporalUiOf({ dataDir, namespace }: { dataDir: string; namespace: string }): string | null {
  try {
    const { ui }: { ui: number } = JSON.parse(readFileSync(join(dataDir, 'temporal', 'ports.json'), 'utf8'));
    return `http://127.0.0.1:${ui}/namespaces/${encodeURIComponent(namespace)}`;
  } catch {
    return null;
  }
}
