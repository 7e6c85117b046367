import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { version as sdkVersion } from '@temporalio/worker/package.json';
import { lastLines, runWatched } from './watchedCommand';

/**
 * The SDK downloads a server's program only on the way to starting it, so the child starts one for a moment. A child,
 * because the native download can be given up only with its process, and because the SDK's runtime takes our signals.
 */
const CHILD_SCRIPT = `
const [worker, sdkVersion, downloadDir, type] = process.argv.slice(1);
const { Runtime } = require(worker);
const exe = { type: 'cached-download', downloadDir, version: 'default', ttl: 86400000,
  sdkName: 'sdk-typescript', sdkVersion };
const devServer = { namespace: 'default', ip: '127.0.0.1', uiPort: null, dbFilename: null, ui: false,
  log: { format: 'pretty', level: 'error' } };
const config = { type, exe, port: null, extraArgs: [], ...(type === 'dev-server' ? devServer : {}) };
Runtime.instance().createEphemeralServer(config)
  .then((server) => Runtime.instance().shutdownEphemeralServer(server))
  .then(() => process.exit(0), (error) => { console.error(String(error)); process.exit(1); });
`;

/** The program of the Temporal dev server or of the time-skipping test server, downloaded by the Temporal SDK. */
export async function programFromSdk(input: {
  server: 'dev-server' | 'time-skipping';
  dir: string;
  onProgress: (message: string) => void;
}): Promise<string> {
  const downloadDir = join(input.dir, 'sdk');
  await mkdir(downloadDir, { recursive: true });
  const result = await runWatched({
    command: process.execPath,
    args: ['-e', CHILD_SCRIPT, require.resolve('@temporalio/worker'), sdkVersion, downloadDir, input.server],
    watchDir: downloadDir,
    onProgress: input.onProgress,
  });
  // Downloaded is enough: how the server did when it was tried is for the real start to tell.
  const [file] = (await readdir(downloadDir)).filter((name) => !name.endsWith('.downloading'));
  if (!file) throw new Error(`the SDK's download failed: ${lastLines(result.output)}`);
  return join(downloadDir, file);
}
