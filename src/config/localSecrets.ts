import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isNativeError } from 'node:util/types';
import { formatKey, newKeyParts, parseKey } from '../services/keys/secret';
import type { Config } from './config';

const SECRETS_KEY_BYTES = 32;

export interface LocalSecrets {
  operatorKey: string;
  /** Where a person finds the operator key; null: it came with the configuration. */
  operatorKeyFile: string | null;
  secretsKey: Buffer;
}

/**
 * The secrets that the configuration leaves open: made at first start, kept in DATA_DIR, readable by its owner alone.
 *
 * @throws Error when a file there holds something else; it is never replaced, since what was sealed with it needs it.
 */
export async function ensureLocalSecrets(
  config: Pick<Config, 'dataDir' | 'operatorKey' | 'secretsKey'>,
): Promise<LocalSecrets> {
  const { dataDir } = config;
  const operatorKeyFile = config.operatorKey === null ? join(dataDir, 'operator.key') : null;
  return {
    operatorKey: config.operatorKey ?? (await operatorKeyIn(join(dataDir, 'operator.key'))),
    operatorKeyFile,
    secretsKey: config.secretsKey ?? (await secretsKeyIn(join(dataDir, 'secrets.key'))),
  };
}

async function operatorKeyIn(file: string): Promise<string> {
  const key = await readOrMake(file, () => formatKey(newKeyParts()));
  if (!parseKey(key)) throw new Error(`${file} holds no operator key`);
  return key;
}

async function secretsKeyIn(file: string): Promise<Buffer> {
  const text = await readOrMake(file, () => randomBytes(SECRETS_KEY_BYTES).toString('base64'));
  const key = Buffer.from(text, 'base64');
  if (key.length !== SECRETS_KEY_BYTES) throw new Error(`${file} holds no secrets key`);
  return key;
}

async function readOrMake(file: string, make: () => string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  await writeOnce(file, make());
  return (await readFile(file, 'utf8')).trim();
}

/** Whole or not at all, and of two processes that start at once only one's: link() fails where there is a file already. */
async function writeOnce(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(`${text}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(draft, file).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
}

function hasCode(error: unknown, code: string): boolean {
  return isNativeError(error) && 'code' in error && error.code === code;
}
