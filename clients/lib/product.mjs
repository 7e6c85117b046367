import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const START_TIMEOUT_MS = 300_000;

/**
 * A whole Postrider on free ports, with a tenant, an app, a topic, a target type, keys and a receiver that acknowledges everything.
 *
 * @returns what a story needs in its environment, the operator key, and `stop`.
 */
export async function startProduct() {
  const dataDir = await mkdtemp(join(tmpdir(), 'postrider-clients-'));
  const child = spawn(process.execPath, [join(ROOT, 'scripts/start.mjs')], {
    cwd: ROOT,
    env: { ...process.env, PORT: '0', DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await startedUrl(child);
  const receiver = createServer((request, response) => {
    request.resume().on('end', () => response.end('{"errcode":"0"}'));
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');

  async function stop() {
    receiver.close();
    receiver.closeAllConnections();
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
    await rm(dataDir, { recursive: true, force: true });
  }

  try {
    const operatorKey = (await readFile(join(dataDir, 'operator.key'), 'utf8')).trim();
    const call = callAs(url, operatorKey);
    await call('POST', '/v1/tenants', { id: 'acme', name: 'Acme' });
    await call('POST', '/v1/apps', { tenantId: 'acme', id: 'shop', name: 'Shop' });
    await call('PUT', '/v1/topics/orders', { name: 'Orders', historyRequired: false });
    const callbackUrl = `http://127.0.0.1:${receiver.address().port}/hook`;
    await call('PATCH', '/v1/apps/acme/shop', { callbackUrl });
    const { uuid: term } = await call('PUT', '/v1/target-types/7', { name: 'Column' });
    const keyOf = async (roles, more) => (await call('POST', '/v1/keys', { tenantId: 'acme', roles, ...more })).key;
    return {
      operatorKey,
      subscriberKey: await keyOf(['subscriber'], { appId: 'shop' }),
      producerKey: await keyOf(['producer']),
      story: {
        API_URL: url,
        API_KEY: await keyOf(['producer', 'subscriber'], { appId: 'shop' }),
        CALLBACK_URL: callbackUrl,
        PORTAL_KEY: await keyOf(['subscriber'], { appId: 'shop', subject: 'ann' }),
        TERM: term,
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startedUrl(child) {
  const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const started = /"event":"started".*"url":"([^"]+)"/.exec(line);
      if (started) {
        child.stdout.resume();
        return started[1];
      }
    }
    throw new Error('the product ended before it had started');
  } finally {
    clearTimeout(timer);
  }
}

function callAs(url, key) {
  return async (method, path, body) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const response = await fetch(url + path, { method, headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
}
