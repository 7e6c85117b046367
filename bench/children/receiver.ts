import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { nowUs } from '../clock';
import { serve } from './rpc';

/** One callback: `POST /<run>/<subscription>`. */
export interface Received {
  subscription: string;
  deliveryId: string;
  /** From the body; empty when there is none. */
  eventId: string;
  /** When the body had arrived. */
  atUs: number;
  /** How often a portal message names a user. */
  recipients: number;
}

/** The last segment of the path of a subscription whose receiver never answers. */
export const HANGING = 'hanging';

/** ... of what only has to pass the gateway's verification: nothing of it is kept. */
export const VERIFIED = 'verified';
const ACKNOWLEDGED = JSON.stringify({ errcode: '0', errmsg: '成功' });

/** ... of the portal's messages. */
export const PORTAL = 'portal';

/** The native callback's body starts with type, timestamp and the event's id; a quote inside a string is escaped. */
const EVENT_ID = /"data":\{"id":"([^"]+)"/;
const EVENT_ID_WITHIN_BYTES = 1024;

const received = new Map<string, Received[]>();
const uniqueOf = new Map<string, Set<string>>();
const hanging = new Set<ServerResponse>();
/** By path: how many were turned away with 503. */
const down = new Map<string, number>();
let onReceived: () => void = () => {};

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const atUs = nowUs();
    const [, run = '', subscription = ''] = (request.url ?? '').split('/');
    if (subscription === HANGING) {
      hanging.add(response);
      response.on('close', () => hanging.delete(response));
      return;
    }
    const path = `/${run}/${subscription}`;
    const turnedAway = down.get(path);
    if (turnedAway !== undefined) {
      down.set(path, turnedAway + 1);
      response.writeHead(503, { 'content-length': 0 }).end();
      return;
    }
    if (subscription === VERIFIED) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(ACKNOWLEDGED);
      return;
    }
    response.writeHead(200, { 'content-length': 0 }).end();
    const recipients = subscription === PORTAL ? recipientsIn(chunks) : 0;
    note({ run, subscription, atUs, deliveryId: deliveryIdOf(request), eventId: eventIdIn(chunks), recipients });
  });
});

function deliveryIdOf(request: IncomingMessage): string {
  const id = request.headers['webhook-id'];
  return typeof id === 'string' ? id : '';
}

function eventIdIn(chunks: Buffer[]): string {
  const start = chunks[0]?.toString('latin1', 0, EVENT_ID_WITHIN_BYTES) ?? '';
  return EVENT_ID.exec(start)?.[1] ?? '';
}

function recipientsIn(chunks: Buffer[]): number {
  return Buffer.concat(chunks).toString('utf8').split('"subscription_uuid"').length - 1;
}

function note({ run, ...callback }: Received & { run: string }): void {
  const callbacks = received.get(run) ?? [];
  const unique = uniqueOf.get(run) ?? new Set();
  received.set(run, callbacks);
  uniqueOf.set(run, unique);
  callbacks.push(callback);
  unique.add(callback.deliveryId);
  onReceived();
}

const handlers = {
  async start(): Promise<{ url: string }> {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  },

  /** From now on a path answers 503. */
  takeDown({ path }: { path: string }): void {
    down.set(path, 0);
  },

  /** It answers again. @returns when it began to, and how many calls it had turned away. */
  bringBack({ path }: { path: string }): { atUs: number; turnedAway: number } {
    const turnedAway = down.get(path) ?? 0;
    down.delete(path);
    return { atUs: nowUs(), turnedAway };
  },

  /** Comes back when `count` different deliveries of the run have arrived, or the time is up. */
  async waitFor({ run, count, timeoutMs }: { run: string; count: number; timeoutMs: number }): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      onReceived = () => {
        if ((uniqueOf.get(run)?.size ?? 0) < count) return;
        clearTimeout(timer);
        resolve();
      };
      onReceived();
    });
    onReceived = () => {};
  },

  /** All callbacks of the run, which is then forgotten; lets go of what hangs. */
  collect({ run }: { run: string }): Received[] {
    for (const response of hanging) response.destroy();
    const callbacks = received.get(run) ?? [];
    received.delete(run);
    uniqueOf.delete(run);
    return callbacks;
  },
};

export type ReceiverHandlers = typeof handlers;

serve(handlers);
