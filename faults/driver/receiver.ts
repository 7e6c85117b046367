import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NewEntry } from '../journal/entries';
import type { Journal } from '../journal/journal';

/** The status in the journal of a callback whose caller went before it was answered. */
const GONE = 0;

/**
 * Callbacks under it are in no journal: an attacker's at the host of a victim's, or those that a case counts itself. A
 * behaviour of the whole path is asked nevertheless.
 */
export const BESIDE = '/beside/';

/** How a path answers. */
export interface Reply {
  /** Default 200. `hang`: never, until the caller goes. */
  status?: number | 'hang';
  delayMs?: number;
  body?: string;
  headers?: Record<string, string>;
  /** Called when the answer is on disk and before it leaves. */
  onAnswer?(): void | Promise<void>;
}

export interface Callback {
  path: string;
  /** By the journal's clock. */
  arrivedMs: number;
  deliveryId: string;
  key: string;
  /** When it was signed, by whoever sent it: seconds since 1970. */
  signedAtS: number;
  /** Of this path, from 1. */
  number: number;
  isSignedWith(secret: string): boolean;
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
    const arrivedMs = performance.now();
    const path = request.url ?? '';
    const { journal } = this;
    const isJournaled = journal !== null && path.startsWith(`/${journal.name}/`);
    // A case that gave up leaves deliveries behind; they end here.
    if (!isJournaled && !this.behaviours.has(path)) {
      response.writeHead(200).end();
      return;
    }
    const text = Buffer.concat(chunks).toString('utf8');
    const number = this.count(path) + 1;
    this.numbers.set(path, number);
    const known = readCallback(request, text);
    this.deliveryIds.set(path, (this.deliveryIds.get(path) ?? new Set()).add(known.deliveryId));
    const signedAtS = Number(request.headers['webhook-timestamp']);
    const isSignedWith = (secret: string) => isSigned(request, text, secret);
    const callback: Callback = { path, number, arrivedMs, signedAtS, isSignedWith, ...known };
    const receipt = ++this.lastReceipt;
    const note = async (entry: NewEntry) => (isJournaled ? journal.append(entry) : undefined);
    const written = note({ kind: 'receipt', receipt, path, ...known });
    // At once: its caller may go while it is being written.
    let isAnswered = false;
    response.once('close', () => {
      if (!isAnswered) void note({ kind: 'answer', receipt, status: GONE }).catch(() => undefined);
    });
    await written;
    if (response.destroyed) return;
    const { status = 200, delayMs = 0, body = '', headers, onAnswer } = this.behaviours.get(path)?.(callback) ?? {};
    if (status === 'hang') return;
    if (delayMs > 0) await sleep(delayMs);
    if (response.destroyed) return;
    isAnswered = true;
    await note({ kind: 'answer', receipt, status });
    await onAnswer?.();
    response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers }).end(body);
  }
}

/** Standard Webhooks: one of the signatures is of this secret. */
function isSigned({ headers }: IncomingMessage, text: string, secret: string): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`;
  const signature = createHmac('sha256', key).update(signed).digest('base64');
  return String(headers['webhook-signature']).split(' ').includes(`v1,${signature}`);
}

/** The native form has the event in `data`, the CMDB's only its changes, data push has it flat and without its id. */
function readCallback({ headers }: IncomingMessage, text: string) {
  const body = JSON.parse(text);
  const flat = { id: null, tenantId: body.tenantId, key: body.eventKey };
  const ofCmdb = { id: body.event_id, tenantId: body.bk_supplier_account, key: body.data?.[0]?.key };
  const event = Array.isArray(body.data) ? ofCmdb : (body.data ?? flat);
  return {
    deliveryId: String(headers['webhook-id']),
    key: String(event.key),
    eventId: typeof event.id === 'string' ? event.id : null,
    tenantId: String(event.tenantId),
  };
}
