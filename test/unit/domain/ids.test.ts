import { dayOfId, deliveryWorkflowId, fanOutWorkflowId, isUuid, laneWorkflowId } from '../../../src/contracts/ids';

const at = (ms: number) => {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7abc-8def-0123456789ab`;
};

test.each([
  ['2026-01-01T00:00:00.000Z', '2026-01-01'],
  ['2026-01-01T23:59:59.999Z', '2026-01-01'],
  ['2024-02-29T12:00:00.000Z', '2024-02-29'],
  ['1970-01-01T00:00:00.000Z', '1970-01-01'],
])('an id made at %s lies in the partition of %s', (moment, day) => {
  expect(dayOfId(at(Date.parse(moment)))).toBe(day);
  expect(dayOfId(at(Date.parse(moment)).toUpperCase())).toBe(day);
});

test('only a whole UUID is one', () => {
  expect(isUuid(at(0))).toBe(true);
  for (const text of ['', `${at(0)} `, at(0).slice(1), 'x'.repeat(36)]) expect(isUuid(text)).toBe(false);
});

const WORDS = { tenantId: 'acme', appId: 'shop', topic: 'orders' };
const ID = at(0);
const SHORT = 'abc-8def-0123456789ab';
const HOSTILE = `a/b%2F'"\n<script>`;

test('a delivery is named by words, and every generation has an id of its own, the first the plain one', () => {
  const named = (generation: number) => deliveryWorkflowId({ deliveryId: ID, generation }, WORDS);
  expect(named(1)).toBe(`delivery/acme/shop/orders/${SHORT}`);
  expect(named(2)).toBe(`delivery/acme/shop/orders/${SHORT}/2`);
});

test('a lane is named by words too, the one of an independent subscription without a topic', () => {
  expect(laneWorkflowId(ID, { ...WORDS, topic: '' })).toBe(`lane/acme/shop/${SHORT}`);
  expect(laneWorkflowId(ID, WORDS)).toBe(`lane/acme/shop/orders/${SHORT}`);
  expect(fanOutWorkflowId({ eventId: ID, ...WORDS })).toBe(`fan-out/acme/orders/${SHORT}`);
});

test('no word can name another workflow, or end a filter of the list', () => {
  const ids = ['a/b', 'a%2Fb', HOSTILE, '..', "o'r", '\ud800'].map((topic) => laneWorkflowId(ID, { ...WORDS, topic }));
  expect(ids.map((id) => id.split('/')[3])).toEqual([
    'a%2Fb',
    'a%252Fb',
    'a%2Fb%252F%27%22%0A%3Cscript%3E',
    '..',
    'o%27r',
    '%EF%BF%BD',
  ]);
  for (const id of ids) expect(id).toMatch(/^lane\/acme\/shop\/[\w.%-]+\/abc-8def-0123456789ab$/);
});

test.each(['x'.repeat(256), '主'.repeat(85), HOSTILE.repeat(15)])(
  'long words are cut, and the id fits: %.8s…',
  (long) => {
    const id = deliveryWorkflowId(
      { deliveryId: ID, generation: 2_147_483_647 },
      { tenantId: long, appId: long, topic: long },
    );
    expect(id.length).toBeLessThan(255);
    expect(id).toMatch(/^delivery(\/(?:[\w.-]|%[0-9A-F]{2})+~){3}\/abc-8def-0123456789ab\/2147483647$/);
  },
);
