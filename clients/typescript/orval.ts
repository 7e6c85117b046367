import { strict as assert } from 'node:assert';
import { createSubscription, listDeliveries, publish } from '../.generated/orval';
import { EVENT, environment, tell } from './story';

const { apiUrl, apiKey, callbackUrl } = environment;

// Its functions call the paths of the document as they are.
const plainFetch = globalThis.fetch;
globalThis.fetch = (input, init) => {
  const headers = new Headers(init?.headers);
  headers.set('Authorization', `Bearer ${apiKey}`);
  return plainFetch(new URL(String(input), apiUrl), { ...init, headers });
};

await tell({
  async subscribe() {
    const answer = await createSubscription({ callbackUrl, topics: ['orders'] });
    assert.ok(answer.status === 201);
    return answer.data;
  },
  async publish() {
    const answer = await publish(EVENT);
    assert.ok(answer.status === 200);
    return answer.data;
  },
  async readDeliveries(subscriptionId) {
    const answer = await listDeliveries({ subscriptionId });
    assert.ok(answer.status === 200);
    return answer.data.data;
  },
});
