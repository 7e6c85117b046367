import createClient from 'openapi-fetch';
import type { paths } from '../.generated/schema';
import { EVENT, environment, must, tell } from './story';

const { apiUrl, apiKey, callbackUrl } = environment;
const client = createClient<paths>({ baseUrl: apiUrl, headers: { Authorization: `Bearer ${apiKey}` } });

await tell({
  subscribe: async () => must(await client.POST('/v1/subscriptions', { body: { callbackUrl, topics: ['orders'] } })),
  publish: async () => must(await client.POST('/api/publish', { body: EVENT })),
  readDeliveries: async (subscriptionId) =>
    must(await client.GET('/v1/deliveries', { params: { query: { subscriptionId } } })).data,
});
