import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** What the server knows of a name. It has no record of any other name: NXDOMAIN. */
export interface Zone {
  a?: string[];
  aaaa?: string[];
  /** Its addresses are those of this name, which the server adds to the answer. */
  cname?: string;
  /** Seconds. Default 0. */
  ttl?: number;
  /** Cut to nothing over UDP, so that it is asked for over TCP. */
  truncated?: boolean;
}

/** `silent` never answers; `broken` answers SERVFAIL. */
export type DnsBehaviour = Zone | 'silent' | 'broken';

export type DnsServer = Awaited<ReturnType<typeof startDnsServer>>;

const TYPES: Record<number, 'a' | 'aaaa'> = { 1: 'a', 28: 'aaaa' };
const CNAME = 5;
const FLAGS = { found: 0x8180, truncated: 0x8380, broken: 0x8182, noSuchName: 0x8183 };

/**
 * A real DNS server on 127.0.0.1, over UDP and TCP, that answers as it is told and remembers every question.
 *
 * ```ts
 * const dns = await startDnsServer();
 * dns.on('receiver.test', { a: ['127.0.0.1'], ttl: 5 });
 * const lookup = createNameLookup({ servers: [dns.address] });
 * ```
 */
export async function startDnsServer() {
  const zones = new Map<string, DnsBehaviour>();
  const asked: { name: string; type: 'a' | 'aaaa' | 'other'; over: 'udp' | 'tcp' }[] = [];
  const watchers = new Set<() => void>();
  const sockets = new Set<Socket>();

  function answerTo(query: Buffer, over: 'udp' | 'tcp'): Buffer | null {
    const { name, type, question } = parse(query);
    asked.push({ name, type: TYPES[type] ?? 'other', over });
    for (const check of [...watchers]) check();
    const zone = zones.get(name);
    if (zone === 'silent') return null;
    if (zone === undefined) return reply(query, { flags: FLAGS.noSuchName, question });
    if (zone === 'broken') return reply(query, { flags: FLAGS.broken, question });
    if (zone.truncated && over === 'udp') return reply(query, { flags: FLAGS.truncated, question });
    return reply(query, { flags: FLAGS.found, question, records: recordsOf(name, zone, type) });
  }

  function recordsOf(name: string, zone: Zone, type: number): Buffer[] {
    const { ttl = 0, cname } = zone;
    if (cname !== undefined) {
      const target = zones.get(cname);
      const rest = typeof target === 'object' ? recordsOf(cname, target, type) : [];
      return [record({ name, type: CNAME, ttl, data: nameBytes(cname) }), ...rest];
    }
    const kind = TYPES[type];
    const addresses = kind ? (zone[kind] ?? []) : [];
    return addresses.map((address) => record({ name, type, ttl, data: addressBytes(address) }));
  }

  const udp = createSocket('udp4');
  udp.on('message', (query: Buffer, { port, address }: RemoteInfo) => {
    const answer = answerTo(query, 'udp');
    if (answer) udp.send(answer, port, address);
  });
  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    let received: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE()) {
        const end = 2 + received.readUInt16BE();
        const answer = answerTo(received.subarray(2, end), 'tcp');
        received = received.subarray(end);
        if (answer) socket.write(Buffer.concat([uint16(answer.length), answer]));
      }
    });
  });
  // TCP first: of its ports, many are taken by connections that others have opened.
  await once(tcp.listen(0, '127.0.0.1'), 'listening');
  const { port } = tcp.address() as AddressInfo;
  udp.bind(port, '127.0.0.1');
  await once(udp, 'listening');

  const questions = (name: string) => asked.filter((one) => one.name === name);

  return {
    address: `127.0.0.1:${port}`,
    on: (name: string, behaviour: DnsBehaviour) => void zones.set(name, behaviour),
    /** Every question about the name so far: of one look-up two, since IPv4 and IPv6 are asked for. */
    questions,
    names: () => [...new Set(asked.map(({ name }) => name))],
    async waitForNames(count: number, { timeoutMs = 10_000 } = {}): Promise<void> {
      const seen = () => new Set(asked.map(({ name }) => name)).size;
      await new Promise<void>((resolve, reject) => {
        const check = () => {
          if (seen() < count) return;
          watchers.delete(check);
          clearTimeout(deadline);
          resolve();
        };
        const deadline = setTimeout(() => reject(new Error(`${seen()} of ${count} names asked for`)), timeoutMs);
        watchers.add(check);
        check();
      });
    },
    async stop(): Promise<void> {
      for (const socket of sockets) socket.destroy();
      await Promise.all([new Promise<void>((done) => udp.close(() => done())), new Promise((done) => tcp.close(done))]);
    },
  };
}

function parse(query: Buffer): { name: string; type: number; question: Buffer } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return {
    name: labels.join('.').toLowerCase(),
    type: query.readUInt16BE(at + 1),
    question: query.subarray(12, at + 5),
  };
}

function reply(
  query: Buffer,
  { flags, question, records = [] }: { flags: number; question: Buffer; records?: Buffer[] },
) {
  const header = Buffer.concat([query.subarray(0, 2), ...[flags, 1, records.length, 0, 0].map(uint16)]);
  return Buffer.concat([header, question, ...records]);
}

function record({ name, type, ttl, data }: { name: string; type: number; ttl: number; data: Buffer }): Buffer {
  const seconds = Buffer.alloc(4);
  seconds.writeUInt32BE(ttl);
  return Buffer.concat([nameBytes(name), uint16(type), uint16(1), seconds, uint16(data.length), data]);
}

function nameBytes(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label, 'latin1')]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

function addressBytes(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [before, after] = [groups(head), groups(tail)];
  return Buffer.concat([...before, ...Array(8 - before.length - after.length).fill(0), ...after].map(uint16));
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
