import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** What a callback's body says of its event. */
export interface DeliveredEvent {
  key: string;
  topic: string;
  type: string;
  status: string;
}

/** In the body of a native subscription's callback. */
export function readNative(body: string): DeliveredEvent {
  return JSON.parse(body).data;
}

/** In the body of data push. */
export function readDataPush(body: string): DeliveredEvent {
  const { eventKey: key, topic, eventType: type, eventStatus: status } = JSON.parse(body);
  return { key, topic, type, status };
}

/** One call of the receiver, whose signature an independent library has looked at. */
export interface Received {
  deliveryId: string;
  event: DeliveredEvent;
  signature: string;
  isVerified: boolean;
  /** What the receiver answers. */
  status: number;
  atMs: number;
}

export interface DemoReceiver {
  url: string;
  /** Signatures are verified with it from now on. */
  trust(secret: string): void;
  close(): Promise<void>;
}

/**
 * A webhook receiver as a subscriber would write it: it verifies, and answers 401 to what is not signed as it should be.
 * `answer` decides about the rest.
 */
export async function startReceiver(on: {
  path: string;
  read(body: string): DeliveredEvent;
  answer(event: DeliveredEvent): number;
  received(call: Received): void;
}): Promise<DemoReceiver> {
  let webhook: Webhook | null = null;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const isVerified = verifies(webhook, body, headers);
    const event = on.read(body);
    const status = isVerified ? on.answer(event) : 401;
    response.writeHead(status).end();
    const { 'webhook-id': deliveryId = '', 'webhook-signature': signature = '' } = headers;
    on.received({ deliveryId, event, signature, isVerified, status, atMs: performance.now() });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${on.path}`,
    trust(secret) {
      webhook = new Webhook(secret);
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function verifies(webhook: Webhook | null, body: string, headers: Record<string, string>): boolean {
  try {
    webhook?.verify(body, headers);
    return webhook !== null;
  } catch {
    return false;
  }
}
