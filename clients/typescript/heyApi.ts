import { createSubscription, listDeliveries, publish } from '../.generated/heyApi';
import { client } from '../.generated/heyApi/client.gen';
import { EVENT, environment, must, tell } from './story';

const { apiUrl, apiKey, callbackUrl } = environment;
client.setConfig({ baseUrl: apiUrl, auth: apiKey });

await tell({
  subscribe: async () => must(await createSubscription({ body: { callbackUrl, topics: ['orders'] } })),
  publish: async () => must(await publish({ body: EVENT })),
  readDeliveries: async (subscriptionId) => must(await listDeliveries({ query: { subscriptionId } })).data,
});
