import type { AcceptedEvent } from '../../../src/db/carrying/acceptance';
import { pauseSubscription } from '../../../src/db/carrying/pauseSubscription';
import { isContentError } from '../../../src/db/violations';
import { type Carrying, startCarrying, toAccept } from './carrying';

jest.setTimeout(30_000);

let carrying: Carrying;
beforeEach(async () => {
  carrying = await startCarrying();
});
afterEach(() => carrying.stop());

const matched = (accepted: unknown) =>
  (accepted as AcceptedEvent).deliveries.map(({ subscriptionId }) => subscriptionId);

test('one delivery per matching subscription, and none for the others', async () => {
  const first = await carrying.subscribe();
  const second = await carrying.subscribe({ topics: ['gs', 'hs'] });
  const other = await carrying.subscribe({ topics: ['hs'] });
  const rival = await carrying.subscribe({ tenantId: 'rival' });
  const [gs, hs, foreign, none] = await carrying.accept([
    toAccept(),
    toAccept({ topic: 'hs' }),
    toAccept({ tenantId: 'rival' }),
    toAccept({ topic: 'nobody asked for it' }),
  ]);
  expect(matched(gs).sort()).toEqual([first, second].sort());
  expect(matched(hs).sort()).toEqual([second, other].sort());
  expect(matched(foreign)).toEqual([rival]);
  expect(matched(none)).toEqual([]);
  expect(await carrying.knex('deliveries').select('state', 'generation', 'attempt').distinct()).toEqual([
    { state: 'pending', generation: 1, attempt: 1 },
  ]);
});

test('a matching text of several selectors of one subscription is one delivery', async () => {
  const id = await carrying.subscribe({ topics: ['gs', 'hs'] });
  const [accepted] = await carrying.accept([
    toAccept({ selections: ['gs', 'hs'].map((topic) => ({ selector: `topic:${topic}`, topic })) }),
  ]);
  expect(matched(accepted)).toEqual([id]);
});

test('the insert is the first claim where the process attempts, and due at once where it does not', async () => {
  await carrying.subscribe();
  const claimed = await carrying.row((await carrying.acceptOne()).deliveryId);
  expect(claimed).toMatchObject({ attempt: 1, next_attempt_at: null });
  expect(claimed.due_by - claimed.created_at).toBeGreaterThanOrEqual(44_000);
  const waiting = await carrying.row((await carrying.acceptOne({}, { attempting: false })).deliveryId);
  expect(waiting).toMatchObject({ attempt: 0, next_attempt_at: waiting.created_at });
});

test('an event comes back as it was sent, whatever its parts hold', async () => {
  const changes = ['["ä€😀"]', '[1]', `["${'x'.repeat(200_000)}"]`, '["\\u0000 escaped is text"]'];
  const accepted = await carrying.accept(
    changes.map((text) => toAccept({ changes: text, type: `'"\\${text.slice(0, 20)}` })),
  );
  for (const [i, text] of changes.entries()) {
    const stored = await carrying
      .knex('events')
      .where({ id: (accepted[i] as AcceptedEvent).eventId })
      .first();
    expect(stored).toMatchObject({ changes: text, type: `'"\\${text.slice(0, 20)}` });
  }
});

describe('idempotency keys', () => {
  const keyed = (key: string, hash = 1) => toAccept({ idempotency: { key, bodyHash: Buffer.alloc(32, hash) } });

  test('twice in one group, in a later one, and in another tenant', async () => {
    await carrying.subscribe();
    const [first, again] = await carrying.accept([keyed('k'), keyed('k', 2)]);
    const { eventId } = first as AcceptedEvent;
    expect(again).toEqual({ knownKey: { eventId, bodyHash: Buffer.alloc(32, 1) } });
    expect(await carrying.accept([keyed('k')])).toEqual([{ knownKey: { eventId, bodyHash: Buffer.alloc(32, 1) } }]);
    const [foreign] = await carrying.accept([{ ...keyed('k'), tenantId: 'rival' }]);
    expect(foreign).toHaveProperty('deliveries', []);
    expect(await carrying.knex('deliveries')).toHaveLength(1);
  });

  test('at once, in transactions that share keys in opposite orders', async () => {
    await carrying.subscribe();
    const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
    const groups = Array.from({ length: 10 }, (_, i) => (i % 2 ? [...keys].reverse() : keys).map((key) => keyed(key)));
    await Promise.all(groups.map((group) => carrying.accept(group)));
    expect(await carrying.knex('events')).toHaveLength(20);
    expect(await carrying.knex('deliveries')).toHaveLength(20);
  });
});

test('one bad item fails its group as a whole, as an error of content', async () => {
  await carrying.subscribe();
  const error = await carrying.accept([toAccept(), toAccept({ type: 'nul \u0000' })]).catch((e: unknown) => e);
  expect(isContentError(error)).toBe(true);
  expect(await carrying.knex('events')).toHaveLength(0);
});

test('behind a paused lane nothing is claimed, and its workflow, where operators see it, is asked for once', async () => {
  const id = await carrying.subscribe();
  await pauseSubscription(carrying.steer, id);
  expect(await carrying.acceptOne()).toMatchObject({ behindLane: true, wokeLane: true });
  expect(await carrying.acceptOne()).toMatchObject({ behindLane: true, wokeLane: false });
  expect(await carrying.knex('deliveries').first()).toMatchObject({ due_by: null, next_attempt_at: null, attempt: 0 });
});
