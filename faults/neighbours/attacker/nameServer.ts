import { createSocket } from 'node:dgram';

export interface NameServer {
  /** Loopback, port 53. */
  address: string;
  /** A name under it is never answered; every other one is 127.0.0.1. */
  silentUnder: string;
}

const PORT = 53;
const HEADER_BYTES = 12;
const TYPE_A = 1;
const TTL_S = 1;
/** A response, recursion available, no error. */
const FLAGS = 0x8180;
/** An answer's name is the question's: a pointer to it. */
const POINTER = 0xc00c;

/** A name server that knows two kinds of names (RFC 1035). It lives as long as the attacker's process. */
export function startNameServer({ address, silentUnder }: NameServer): Promise<void> {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const { name, type, end } = questionOf(query);
    if (name === silentUnder || name.endsWith(`.${silentUnder}`)) return;
    socket.send(answerTo(query.subarray(0, end), type), from.port, from.address);
  });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(PORT, address, () => resolve());
  });
}

export function questionOf(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length).toLowerCase());
    at += 1 + length;
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** To a question of another type than A: the name exists, and has none of these. */
export function answerTo(question: Buffer, type: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  question.copy(header, 0, 0, 2);
  header.writeUInt16BE(FLAGS, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(type === TYPE_A ? 1 : 0, 6);
  const record = Buffer.alloc(16);
  record.writeUInt16BE(POINTER, 0);
  record.writeUInt16BE(TYPE_A, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt32BE(TTL_S, 6);
  record.writeUInt16BE(4, 10);
  record.set([127, 0, 0, 1], 12);
  return Buffer.concat([header, question.subarray(HEADER_BYTES), ...(type === TYPE_A ? [record] : [])]);
}
