import { pauseSubscription } from '../../../src/db/carrying/pauseSubscription';
import { findLargeBacklogs } from '../../../src/db/largeBacklogs';
import { type Carrying, startCarrying, toAccept } from './carrying';

jest.setTimeout(60_000);

let carrying: Carrying;
beforeEach(async () => {
  carrying = await startCarrying();
});
afterEach(() => carrying.stop());

test('finds the subscriptions with more pending deliveries than that, page by page', async () => {
  const [first, second] = [await carrying.subscribe(), await carrying.subscribe()];
  const other = await carrying.subscribe({ topics: ['hs'] });
  const active = await carrying.subscribe();
  for (const id of [first, second, other]) await pauseSubscription(carrying.steer, id);
  await carrying.accept([toAccept(), toAccept(), toAccept(), toAccept({ topic: 'hs' })]);

  const find = (pending: number) => findLargeBacklogs(carrying.knex, { after: null, limit: 10, pending });
  const found = { found: [first, second].map((subscriptionId) => ({ subscriptionId, tenantId: 'acme' })), last: null };
  expect(await find(2)).toEqual(found);
  expect(await find(3)).toEqual({ found: [], last: null });
  expect(found.found.map(({ subscriptionId }) => subscriptionId)).not.toContain(active);

  const page = await findLargeBacklogs(carrying.knex, { after: null, limit: 1, pending: 2 });
  expect(page).toEqual({ found: [{ subscriptionId: first, tenantId: 'acme' }], last: first });
  const rest = await findLargeBacklogs(carrying.knex, { after: first, limit: 10, pending: 2 });
  expect(rest).toEqual({ found: [{ subscriptionId: second, tenantId: 'acme' }], last: null });
});
