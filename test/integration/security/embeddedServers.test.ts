import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { embeddedServers } from '../../support/product';
import { testServers } from '../../support/servers';

/** The embedded servers of this very run: what `npm start` brings up is started by the same code. */
const dataDir = join(testServers().runDir, 'servers');
const { pids, databaseUrl } = embeddedServers(dataDir);

/** The kernel's states of a TCP socket that listens, and of a UDP socket that is bound and connected to nobody. */
const WAITING = { tcp: '0A', udp: '07' };

/** Every socket at which the process can be reached, as "address:port" in the kernel's hexadecimal. */
function openSockets(pid: number): string[] {
  const own = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        // Closed in the meantime.
        return [];
      }
    }),
  );
  return (['tcp', 'tcp6', 'udp', 'udp6'] as const).flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(
        ([, , , state, , , , , , inode = '']) =>
          state === WAITING[table.startsWith('tcp') ? 'tcp' : 'udp'] && own.has(inode),
      )
      .map(([, local = '']) => local),
  );
}

const { frontend, ui, http, metrics } = JSON.parse(readFileSync(join(dataDir, 'temporal', 'ports.json'), 'utf8'));

test.each([
  // Beside these it has ports of its own, between its parts.
  ['Temporal', pids[0] ?? 0, [frontend, ui, http, metrics]],
  ['PostgreSQL', pids[1] ?? 0, [Number(new URL(databaseUrl).port)]],
])('%s listens on loopback alone, on every port that it has', (_, pid, known) => {
  const sockets = openSockets(pid);
  const ports = sockets.map((socket) => Number.parseInt(socket.split(':')[1] ?? '', 16));
  expect(ports).toEqual(expect.arrayContaining(known));
  // 127.0.0.0/8 and ::1; the kernel writes an address as words of the machine's own byte order.
  for (const socket of sockets) expect(socket).toMatch(/^(?:[0-9A-F]{6}7F|0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F):/);
});

test.each([
  ['Temporal', pids[0] ?? 0, ['GOGC', 'GOMEMLIMIT']],
  // PostgreSQL's own: pg_ctl tells the postmaster, and that its children.
  [
    'PostgreSQL',
    pids[1] ?? 0,
    ['PGDATA', 'PGLOCALEDIR', 'PGSYSCONFDIR', 'PG_GRANDPARENT_PID', 'PWD', 'OLDPWD', 'SHLVL', '_'],
  ],
])('%s has nothing of our environment but what it needs', (_, pid, own) => {
  const names = readFileSync(`/proc/${pid}/environ`, 'utf8')
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => entry.split('=', 1)[0] ?? '');
  const common = /^(PATH|HOME|TMPDIR|TZ|LANG|LC_[A-Z]+|LD_LIBRARY_PATH)$/;
  expect(names.filter((name) => !common.test(name) && !own.includes(name))).toEqual([]);
});

test("Temporal's HTTP API answers nobody", async () => {
  for (const host of ['127.0.0.1', 'localhost']) {
    const answer = await fetch(`http://${host}:${http}/api/v1/namespaces/default`);
    expect({ host, status: answer.status }).toEqual({ host, status: 403 });
  }
});

describe('PostgreSQL', () => {
  async function connect(url: string): Promise<unknown> {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
    try {
      await client.connect();
      return (await client.query('SELECT 1 AS one')).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  const withPassword = (password: string) => {
    const url = new URL(databaseUrl);
    url.password = password;
    return url.href;
  };

  test('lets in who has its generated password, and nobody else', async () => {
    const { password } = new URL(databaseUrl);
    expect(password).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await connect(databaseUrl)).toEqual([{ one: 1 }]);
    for (const wrong of ['', 'postgres', 'postrider', password.slice(1)]) {
      await expect(connect(withPassword(wrong))).rejects.toThrow(/password/);
    }
  });

  test('has no rule that lets anybody in without one, and no socket in the file system', async () => {
    const client = new Client({ connectionString: databaseUrl });
    await client.connect();
    const { rows: rules } = await client.query('SELECT DISTINCT auth_method FROM pg_hba_file_rules');
    const { rows: settings } = await client.query(`SELECT name, setting FROM pg_settings
      WHERE name IN ('listen_addresses', 'unix_socket_directories', 'password_encryption', 'log_error_verbosity') ORDER BY 1`);
    await client.end();
    expect(rules).toEqual([{ auth_method: 'scram-sha-256' }]);
    expect(settings.map(({ setting }) => setting)).toEqual(['127.0.0.1', 'terse', 'scram-sha-256', '']);
  });
});

test('what holds secrets or payload is for its owner alone', () => {
  const modeOf = (...path: string[]) => (statSync(join(dataDir, ...path)).mode & 0o077).toString(8);
  expect(modeOf('postgres', 'password')).toBe('0');
  expect(modeOf('postgres', 'cluster')).toBe('0');
  expect([modeOf('postgres', 'server.log'), modeOf('temporal', 'server.log')]).toEqual(['0', '0']);
});
