import { strict as assert } from 'node:assert';

const { API_URL = '', API_KEY = '', CALLBACK_URL = '' } = process.env;

export const environment = { apiUrl: API_URL, apiKey: API_KEY, callbackUrl: CALLBACK_URL };

interface Delivery {
  eventId: string;
  state: string;
  attempts: { statusCode: number | null }[];
}

/** How one generated client does what every story does. */
export interface Client {
  subscribe(): Promise<{ id: string }>;
  publish(): Promise<{ request_id: string; code: string }>;
  readDeliveries(subscriptionId: string): Promise<Delivery[]>;
}

const DEADLINE_MS = 30_000;
const PAUSE_MS = 200;

/** Subscribes, publishes, and reads the subscription's deliveries until the event is delivered. */
export async function tell({ subscribe, publish, readDeliveries }: Client): Promise<void> {
  const { id } = await subscribe();
  const published = await publish();
  assert.equal(published.code, '000');
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const delivery = (await readDeliveries(id)).find(({ eventId }) => eventId === published.request_id);
    if (delivery?.state === 'delivered') {
      assert.equal(delivery.attempts[0]?.statusCode, 200);
      return;
    }
    assert.ok(Date.now() < deadline, `not delivered in time: ${JSON.stringify(delivery)}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** What a call answered. @throws when it was an error. */
export function must<Data>({ data, error }: { data?: Data; error?: unknown }): Data {
  assert.ok(data !== undefined, JSON.stringify(error));
  return data;
}

export const EVENT = {
  event_source: 'shop',
  event_topic: 'orders',
  event_type: 'created',
  event_status: 'new',
  changes: [{ order: 17 }],
};
