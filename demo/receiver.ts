import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';

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

/** In the body of the CMDB's callback. */
export function readCmdb(body: string): DeliveredEvent {
  const { event_id: key, obj_type: topic, event_type: type } = JSON.parse(body);
  return { key, topic: `CMDB, ${topic}`, type, status: 'none' };
}

/** In the form of the gateway's callback. */
export function readGateway(body: string): DeliveredEvent {
  const form = new URLSearchParams(body);
  const [topic = '', type = ''] = (form.get('eventTag') ?? '').split('|');
  return { key: form.get('dispatchId') ?? '', topic: `gateway, ${topic}`, type, status: 'none' };
}

/** In the body of the portal's message. */
export function readPortal(body: string): DeliveredEvent {
  const { id: key, topic, action, target_id: targetId, recipients } = JSON.parse(body);
  const users = recipients.map(({ user }: { user: string }) => user).join(', ');
  return { key, topic: `portal, type ${topic}`, type: `${action} of ${targetId}, for ${users}`, status: 'none' };
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
 *
 * @param on.isPlain of calls that carry no event, which nobody signs: they are answered with 200.
 * @param on.body of every answer.
 */
export async function startReceiver(on: {
  path: string;
  read(body: string): DeliveredEvent;
  answer(event: DeliveredEvent): number;
  isPlain?(body: string): boolean;
  body?: string;
  received(call: Received): void;
}): Promise<DemoReceiver> {
  let webhook: Webhook | null = null;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    if (on.isPlain?.(body)) {
      response.end(on.body);
      return;
    }
    const isVerified = verifies(webhook, body, headers);
    const event = on.read(body);
    const status = isVerified ? on.answer(event) : 401;
    response.writeHead(status).end(on.body);
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
  } catch (error) {
    // Once the signature is verified the library reads the body as JSON, which the gateway's is not.
    return !(error instanceof WebhookVerificationError);
  }
}
