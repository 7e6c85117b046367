import { readFile } from 'node:fs/promises';
import { Client } from 'pg';

const CONNECT_WITHIN_MS = 10_000;
/** Parameters of DATABASE_URL that name a file. */
const FILES = ['sslrootcert', 'sslcert', 'sslkey'];

/**
 * DATABASE_URL as node-postgres must read it for `sslmode` to mean what it means to libpq: node-postgres alone verifies the
 * certificate with every mode, and knows no fallback. What `allow` and `prefer` come to is found out once, with a connection.
 * A URL without `sslmode` stays as it is.
 *
 * @throws with a sentence for the operator.
 */
export async function asLibpqReads(databaseUrl: string): Promise<string> {
  const url = new URL(databaseUrl);
  const mode = url.searchParams.get('sslmode');
  if (mode === null || mode === 'disable' || mode === 'no-verify') return databaseUrl;
  await requireFiles(url);
  if (url.searchParams.get('sslrootcert') === 'system') return withSystemRoots(url, mode);
  switch (mode) {
    case 'allow':
      return firstThatConnects([withMode(url, 'disable'), withMode(url, 'require')]);
    case 'prefer':
      return firstThatConnects([withMode(url, 'require'), withMode(url, 'disable')]);
    case 'verify-ca':
      if (url.searchParams.has('sslrootcert')) break;
      throw new Error(
        'DATABASE_URL: sslmode=verify-ca needs sslrootcert, the file with the certificate of the authority',
      );
  }
  return withMode(url, mode);
}

async function requireFiles({ searchParams }: URL): Promise<void> {
  for (const name of FILES) {
    const file = searchParams.get(name);
    if (!file || (name === 'sslrootcert' && file === 'system')) continue;
    await readFile(file).catch(({ code }: NodeJS.ErrnoException) => {
      throw new Error(`DATABASE_URL: the file that ${name} names cannot be read (${code})`);
    });
  }
}

/** The authorities that Node trusts, with those of NODE_EXTRA_CA_CERTS. */
function withSystemRoots(url: URL, mode: string): string {
  if (mode !== 'verify-full') throw new Error('DATABASE_URL: sslrootcert=system goes with sslmode=verify-full only');
  const changed = new URL(withMode(url, mode));
  changed.searchParams.delete('sslrootcert');
  return changed.href;
}

function withMode(url: URL, mode: string): string {
  const changed = new URL(url);
  changed.searchParams.set('sslmode', mode);
  changed.searchParams.set('uselibpqcompat', 'true');
  if (mode === 'disable') for (const name of FILES) changed.searchParams.delete(name);
  return changed.href;
}

async function firstThatConnects([first, second]: [string, string]): Promise<string> {
  try {
    await connectOnce(first);
    return first;
  } catch (error) {
    await connectOnce(second).catch(() => {
      throw error;
    });
    return second;
  }
}

async function connectOnce(connectionString: string): Promise<void> {
  const client = new Client({ connectionString, connectionTimeoutMillis: CONNECT_WITHIN_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } finally {
    await client.end().catch(() => undefined);
  }
}
