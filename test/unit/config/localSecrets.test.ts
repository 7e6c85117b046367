import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureLocalSecrets } from '../../../src/config/localSecrets';
import { parseKey } from '../../../src/services/keys/secret';

let folder: string;
let dataDir: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postrider-secrets-'));
  dataDir = join(folder, 'made', 'at', 'start');
});
afterEach(() => rm(folder, { recursive: true }));

const ensure = () => ensureLocalSecrets({ dataDir, operatorKey: null, secretsKey: null });

test('made once, kept, for the owner alone', async () => {
  const first = await ensure();
  expect(parseKey(first.operatorKey)).not.toBeNull();
  expect(first.secretsKey).toHaveLength(32);
  expect(first.operatorKeyFile).toBe(join(dataDir, 'operator.key'));
  expect((await readFile(join(dataDir, 'operator.key'), 'utf8')).trim()).toBe(first.operatorKey);
  for (const file of ['operator.key', 'secrets.key']) {
    expect((await stat(join(dataDir, file))).mode & 0o777).toBe(0o600);
  }
  expect(await ensure()).toEqual(first);
});

test('of processes that start at once, one makes them', async () => {
  const all = await Promise.all(Array.from({ length: 10 }, ensure));
  expect(new Set(all.map(({ operatorKey }) => operatorKey)).size).toBe(1);
  expect(new Set(all.map(({ secretsKey }) => secretsKey.toString('hex'))).size).toBe(1);
  expect((await readdir(dataDir)).sort()).toEqual(['operator.key', 'secrets.key']);
});

test('what the configuration gives is not written down', async () => {
  const given = { operatorKey: `pr_op_${'x'.repeat(32)}`, secretsKey: randomBytes(32) };
  expect(await ensureLocalSecrets({ dataDir, ...given })).toEqual({ ...given, operatorKeyFile: null });
  await expect(readdir(dataDir)).rejects.toMatchObject({ code: 'ENOENT' });
});

test.each(['operator.key', 'secrets.key'])('a %s that is none is said, and not replaced', async (name) => {
  await ensure();
  const file = join(dataDir, name);
  await writeFile(file, 'something else\n');
  await expect(ensure()).rejects.toThrow(file);
  expect(await readFile(file, 'utf8')).toBe('something else\n');
});
