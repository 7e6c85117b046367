import type { AcceptedEvent, EventToAccept, PublishedEvent } from '../../../src/db/carrying/acceptance';
import { createPublish } from '../../../src/services/publish';
import { HeavyPaces } from '../../../src/services/writers/heavyPaces';
import { LightPublishes } from '../../../src/services/writers/lightPublishes';

const event: PublishedEvent = {
  tenantId: 'acme',
  source: 'test',
  topic: 'gs',
  type: 'cert',
  status: '1',
  key: 'k',
  changes: '["id1"]',
  publisher: { tenantId: 'acme', appId: null, keyId: 'test' },
};

const GOES_OUT = { behindLane: false, ordered: false, wokeLane: false };

function delivery(stands: Partial<typeof GOES_OUT>): AcceptedEvent['deliveries'][number] {
  return { deliveryId: 'd', subscriptionId: 's', subscriptionVersion: 1, topic: 'gs', ...GOES_OUT, ...stands };
}

test.each([
  ['goes out at once', {}, false],
  ['is behind its lane', { behindLane: true }, false],
  ['is ordered', { ordered: true }, true],
])('what the next event of a topic expects after one that %s', async (_what, stands, expected) => {
  const asked: EventToAccept[] = [];
  const light = new LightPublishes();
  const publish = createPublish({
    light,
    heavyPaces: new HeavyPaces(light),
    async accept(events) {
      asked.push(...events);
      return events.map(() => ({
        eventId: 'e',
        acceptedAt: new Date(0),
        deliveries: [delivery({}), delivery(stands)],
        isUnfinished: false,
      }));
    },
    isContentError: () => false,
    isLockTimeout: () => false,
    steering: { now: () => 0 },
    onAccepted: () => undefined,
  });
  await publish(event);
  await publish(event);
  await publish({ ...event, topic: 'hs' });
  await publish({ ...event, tenantId: 'rival' });
  expect(asked.map(({ expectsOrder }) => expectsOrder)).toEqual([undefined, expected, undefined, undefined]);
});
