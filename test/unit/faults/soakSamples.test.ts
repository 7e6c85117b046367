import { type FileHandle, open } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { toCsv } from '../../../faults/soak/samples/csv';
import { parseMetrics } from '../../../faults/soak/samples/metrics';
import { readProcess, readSharedMemoryMib } from '../../../faults/soak/samples/procFigures';
import { createMetrics } from '../../../src/services/metrics';

const NO_PROCESS = 2 ** 22 + 1;

async function figures() {
  const read = readProcess(process.pid);
  if (!read) throw new Error('this process is not there');
  return read;
}

async function listening(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

describe('a process', () => {
  const files: FileHandle[] = [];
  const servers: Server[] = [];
  afterEach(async () => {
    await Promise.all(files.splice(0).map((file) => file.close()));
    await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  });

  test('what it opens is counted, and of that its sockets', async () => {
    // The first server of a process can make Node open something of its own (20.11: /dev/urandom).
    servers.push(await listening());
    const before = await figures();
    for (let count = 0; count < 20; count++) files.push(await open('/dev/null'));
    for (let count = 0; count < 5; count++) servers.push(await listening());
    const after = await figures();
    expect(after.openFiles - before.openFiles).toBe(25);
    expect(after.sockets - before.sockets).toBe(5);
  });

  test('what it holds is counted', async () => {
    const before = await figures();
    const held = Buffer.alloc(64 * 1024 * 1024, 1);
    const after = await figures();
    expect(after.memoryMib - before.memoryMib).toBeGreaterThan(held.length / 1024 / 1024 / 2);
    expect(readSharedMemoryMib([process.pid])).toBeGreaterThan(held.length / 1024 / 1024);
  });

  test('one that has ended has no figures', () => {
    expect(readProcess(NO_PROCESS)).toBeNull();
    expect(readSharedMemoryMib([NO_PROCESS])).toBe(0);
  });
});

describe('what /metrics says', () => {
  test('is understood', async () => {
    const { scrape } = createMetrics({ oldestPendingSeconds: async () => 0 });
    const { heapMib, resources } = parseMetrics(await scrape());
    expect(heapMib).toBeGreaterThan(1);
    expect(resources).toBeGreaterThanOrEqual(0);
  });

  test('and what it does not say is no 0', () => {
    expect(() => parseMetrics('nodejs_heap_size_used_bytes 1\n')).toThrow('nodejs_active_resources_total');
  });
});

test('samples are lines under a line of names', () => {
  const samples = [
    { atMs: 5001, values: { memory: 100.126, files: 7 } },
    { atMs: 10_049, values: { memory: null, files: 8 } },
  ];
  const shown = [
    { name: 'memory', unit: 'MiB', isJudged: true },
    { name: 'files', unit: '', isJudged: true },
  ];
  expect(toCsv(shown, samples)).toBe('seconds,memory (MiB),files\n5.0,100.13,7\n10.0,,8\n');
});
