import { Webhook } from 'standardwebhooks';
import { type Installation, startInstallation, waitFor } from '../../support/engine';
import { type Hit, type Receiver, startReceiver } from '../../support/receiver';

jest.setTimeout(60_000);

let installation: Installation;
let node: Awaited<ReturnType<Installation['startNode']>>;
let receiver: Receiver;

beforeAll(async () => {
  installation = await startInstallation();
  node = await installation.startNode();
  receiver = await startReceiver();
});
afterAll(async () => {
  await node?.stop();
  await installation?.stop();
  await receiver?.stop();
});

const scope = { kind: 'all' } as const;
const rotate = (id: string, overlapSeconds: number) =>
  node.services.subscriptions.rotateSecret({ id, scope }, { overlapSeconds });
const signatures = (hit: Hit) => String(hit.headers['webhook-signature']).split(' ');

/** As a receiver of any Standard Webhooks library does, which knows this one secret. */
function verifies(hit: Hit, secret: string): boolean {
  try {
    new Webhook(secret).verify(hit.body, hit.headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

async function lastHit(path: string, count: number): Promise<Hit> {
  return (await receiver.waitForHits(path, count)).at(-1) as Hit;
}

test('during the overlap each callback is signed with both, also the next attempt of one that is being retried', async () => {
  // The second attempt comes after the rotation, for it is the receiver who says when.
  receiver.on('/both', (n) => (n === 1 ? { status: 500 } : {}));
  const id = await node.subscribe({ callbackUrl: receiver.url('/both'), retry: [1, 1] });
  const { secret: old } = await node.services.subscriptions.readSecrets({ id, scope });
  await node.publish();
  const first = await lastHit('/both', 1);
  expect([signatures(first).length, verifies(first, old)]).toEqual([1, true]);

  const { secret: fresh, previous } = await rotate(id, 3600);
  expect(previous.map(({ secret }) => secret)).toEqual([old]);
  await receiver.waitForHits('/both', 2);
  await node.publish();
  const after = await lastHit('/both', 3);
  expect([signatures(after).length, verifies(after, old), verifies(after, fresh)]).toEqual([2, true, true]);
  // The newest first, and nothing but them.
  expect(verifies({ ...after, headers: { ...after.headers, 'webhook-signature': signatures(after)[0] } }, fresh)).toBe(
    true,
  );
  expect(verifies(after, `whsec_${Buffer.alloc(32).toString('base64')}`)).toBe(false);
  await node.deleteSubscription(id);
});

test('when the old one ends, its signature does', async () => {
  const id = await node.subscribe({ callbackUrl: receiver.url('/ends') });
  const { secret: old } = await node.services.subscriptions.readSecrets({ id, scope });
  const { secret: fresh } = await rotate(id, 1);
  const alone = await waitFor(
    async () => {
      const before = receiver.hits('/ends').length;
      await node.publish();
      const hit = await lastHit('/ends', before + 1);
      return signatures(hit).length === 1 ? hit : undefined;
    },
    { what: 'a callback with one signature' },
  );
  expect([verifies(alone, old), verifies(alone, fresh)]).toEqual([false, true]);
  // Signed by the process's idea of the database's clock, which may be some milliseconds ahead.
  await waitFor(
    async () => (await node.services.subscriptions.readSecrets({ id, scope })).previous.length === 0 || undefined,
    { what: 'the old secret gone' },
  );
  await node.deleteSubscription(id);
});

test('at once, when there is no overlap', async () => {
  const id = await node.subscribe({ callbackUrl: receiver.url('/at-once') });
  const { secret: old } = await node.services.subscriptions.readSecrets({ id, scope });
  const { secret: fresh } = await rotate(id, 0);
  await node.publish();
  const hit = await lastHit('/at-once', 1);
  expect([signatures(hit).length, verifies(hit, old), verifies(hit, fresh)]).toEqual([1, false, true]);
});
