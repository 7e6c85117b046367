import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Journal } from '../journal/journal';

/** The status in the journal of a callback whose caller went before it was answered. */
const GONE = 0;

/** What is called under it is never answered: an attacker's callback at the host of a victim's. It is in no journal. */
export const HANGS = '/hangs/';

/** How a path answers. */
export interface Reply {
  /** Default 200. `hang`: never, until the caller goes. */
  status?: number | 'hang';
  delayMs?: number;
  /** Called when the answer is on disk and before it leaves. */
  onAnswer?(): void | Promise<void>;
}

export interface Callback {
  path: string;
  deliveryId: string;
  key: string;
  /** When it was signed, by whoever sent it: seconds since 1970. */
  signedAtS: number;
  /** Of this path, from 1. */
  number: number;
}

/** A path without a behaviour acknowledges. */
export type Behaviour = (callback: Callback) => Reply;

/** Where the subscribers' callbacks arrive: writes down each before it answers, and answers as it is told. */
export class Receiver {
  private readonly behaviours = new Map<string, Behaviour>();
  private readonly numbers = new Map<string, number>();
  private readonly deliveryIds = new Map<string, Set<string>>();
  private journal: Journal | null = null;
  private lastReceipt = 0;
  private readonly server = createServer((request, response) => {
    this.receive(request, response).catch(() => response.destroy());
  });

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    receiver.server.keepAliveTimeout = 60_000;
    await new Promise<void>((resolve, reject) => {
      receiver.server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** From now on callbacks belong to another case. */
  begin(journal: Journal | null): void {
    this.journal = journal;
    this.behaviours.clear();
    this.numbers.clear();
    this.deliveryIds.clear();
  }

  urlOf(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  on(path: string, behaviour: Behaviour): void {
    this.behaviours.set(path, behaviour);
  }

  acknowledgeAll(): void {
    this.behaviours.clear();
  }

  /** Callbacks of a path so far. */
  count(path: string): number {
    return this.numbers.get(path) ?? 0;
  }

  /** Deliveries of a path so far, each once. */
  countDeliveries(path: string): number {
    return this.deliveryIds.get(path)?.size ?? 0;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const path = request.url ?? '';
    const { journal } = this;
    // A case that gave up leaves deliveries behind; they end here.
    if (!journal || !path.startsWith(`/${journal.name}/`)) {
      if (!path.startsWith(HANGS)) response.writeHead(200).end();
      return;
    }
    const number = this.count(path) + 1;
    this.numbers.set(path, number);
    const receipt = ++this.lastReceipt;
    const callback = readCallback(request, Buffer.concat(chunks).toString('utf8'));
    const known = this.deliveryIds.get(path) ?? new Set();
    this.deliveryIds.set(path, known.add(callback.deliveryId));
    const signedAtS = Number(request.headers['webhook-timestamp']);
    const written = journal.append({ kind: 'receipt', receipt, path, ...callback });
    // At once: its caller may go while it is being written.
    let isAnswered = false;
    response.once('close', () => {
      if (!isAnswered) void journal.append({ kind: 'answer', receipt, status: GONE }).catch(() => undefined);
    });
    await written;
    if (response.destroyed) return;
    const reply = this.behaviours.get(path)?.({ path, number, signedAtS, ...callback }) ?? {};
    const { status = 200, delayMs = 0, onAnswer } = reply;
    if (status === 'hang') return;
    if (delayMs > 0) await sleep(delayMs);
    if (response.destroyed) return;
    isAnswered = true;
    await journal.append({ kind: 'answer', receipt, status });
    await onAnswer?.();
    response.writeHead(status, { 'content-length': 0 }).end();
  }
}

/** The native form has the event in `data`, data push has it flat and without its id. */
function readCallback(request: IncomingMessage, text: string) {
  const body = JSON.parse(text);
  const event = body.data ?? { tenantId: body.tenantId, key: body.eventKey };
  return {
    deliveryId: String(request.headers['webhook-id']),
    key: String(event.key),
    eventId: typeof event.id === 'string' ? event.id : null,
    tenantId: String(event.tenantId),
  };
}
