import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import pino from 'pino';
import { asLibpqReads } from '../../../src/db/libpqTls';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/embedded/postgres';
import { testServers } from '../../support/servers';
import { selfSignedCertificate } from '../outbound/selfSignedCertificate';

jest.setTimeout(60_000);

let dataDir: string;
let server: EmbeddedPostgres;
/** Of the server itself, of another name, and of somebody else. */
const own = selfSignedCertificate('127.0.0.1');
const other = selfSignedCertificate('other.example');
const caFile = () => join(dataDir, 'ca.pem');
const otherFile = () => join(dataDir, 'other.pem');

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

const TLS_IN_USE = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';

/** The server's certificate from now on; null: it has no TLS. */
async function serve(tls: { key: string; cert: string } | null): Promise<void> {
  if (tls) {
    // PostgreSQL writes them itself: it runs as a user of its own, and wants the key to be its own.
    for (const [name, pem] of [
      ['server.crt', tls.cert],
      ['server.key', tls.key],
    ] as const) {
      const escaped = pem.replaceAll('\n', '\\n');
      await query(
        server.url,
        `COPY (SELECT 1) TO PROGRAM 'umask 077; cat > /dev/null; printf %b "${escaped}" > ${name}'`,
      );
    }
  }
  await query(server.url, `ALTER SYSTEM SET ssl = ${tls ? 'on' : 'off'}`);
  await query(server.url, 'SELECT pg_reload_conf()');
  const isOn = () => query(server.url, 'SHOW ssl').then(([row]) => row?.ssl === 'on');
  while ((await isOn()) !== (tls !== null)) await new Promise((resolve) => setTimeout(resolve, 50));
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(testServers().runDir, 'tls-'));
  server = await startEmbeddedPostgres({ dataDir, log: pino({ level: 'silent' }), withoutDurability: true });
  await writeFile(caFile(), own.cert);
  await writeFile(otherFile(), other.cert);
});

afterAll(async () => {
  await server?.stop();
});

/** What a connection with these parameters comes to: encrypted, plain, or an error. */
async function outcomeOf(parameters: string): Promise<string> {
  try {
    const [row] = await query(await asLibpqReads(`${server.url}?${parameters}`), TLS_IN_USE);
    return row?.ssl === true ? 'encrypted' : 'plain';
  } catch (error) {
    // Node's own errors are of another realm than this test's.
    return (error as Error).message;
  }
}

const warnings: string[] = [];
process.on('warning', ({ message }) => warnings.push(message));

test('a server without TLS', async () => {
  await serve(null);
  for (const mode of ['disable', 'allow', 'prefer']) {
    expect([mode, await outcomeOf(`sslmode=${mode}`)]).toEqual([mode, 'plain']);
  }
  for (const parameters of ['sslmode=require', 'sslmode=verify-full', `sslmode=verify-ca&sslrootcert=${caFile()}`]) {
    expect(await outcomeOf(parameters)).toBe('The server does not support SSL connections');
  }
});

test('a server whose certificate nobody knows', async () => {
  await serve(own);
  for (const [mode, outcome] of [
    ['disable', 'plain'],
    ['allow', 'plain'],
    ['prefer', 'encrypted'],
    ['require', 'encrypted'],
    ['no-verify', 'encrypted'],
    ['verify-full', 'self-signed certificate'],
  ]) {
    expect([mode, await outcomeOf(`sslmode=${mode}`)]).toEqual([mode, outcome]);
  }
  expect(await outcomeOf('')).toBe('plain');
  expect(warnings).toEqual([]);
});

test('its authority is named, and then checked; its name by verify-full alone', async () => {
  await serve(own);
  for (const mode of ['require', 'verify-ca', 'verify-full']) {
    expect([mode, await outcomeOf(`sslmode=${mode}&sslrootcert=${caFile()}`)]).toEqual([mode, 'encrypted']);
    expect(await outcomeOf(`sslmode=${mode}&sslrootcert=${otherFile()}`)).toBe('self-signed certificate');
  }
  await serve(other);
  for (const mode of ['require', 'verify-ca']) {
    expect([mode, await outcomeOf(`sslmode=${mode}&sslrootcert=${otherFile()}`)]).toEqual([mode, 'encrypted']);
  }
  expect(await outcomeOf(`sslmode=verify-full&sslrootcert=${otherFile()}`)).toMatch(/does not match certificate/);
  expect(await outcomeOf('sslmode=verify-full&sslrootcert=system')).toBe('self-signed certificate');
});

test('what cannot be is said in a sentence', async () => {
  expect(await outcomeOf('sslmode=verify-ca')).toMatch(/^DATABASE_URL: sslmode=verify-ca needs sslrootcert/);
  expect(await outcomeOf('sslmode=require&sslrootcert=system')).toMatch(/goes with sslmode=verify-full only/);
  expect(await outcomeOf('sslmode=verify-full&sslrootcert=/nowhere.pem')).toBe(
    'DATABASE_URL: the file that sslrootcert names cannot be read (ENOENT)',
  );
});
