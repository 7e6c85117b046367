import { laneTimesOf } from '../../../bench/scenarios/laneFigures';

const S = 1e6;

/** Each sent when the one before it was answered, or before any was. */
function published(count: number, { concurrent = false } = {}) {
  return Array.from({ length: count }, (_, index) => ({
    sentUs: concurrent ? index : index * S,
    answeredUs: (index + 0.5) * S,
    status: 200,
    eventId: `e${index}`,
  }));
}

function received(order: string[], fromUs: number) {
  return order.map((eventId, index) => ({
    ...{ subscription: '0', deliveryId: `d-${eventId}`, eventId, recipients: 0 },
    atUs: fromUs + (index + 1) * S,
  }));
}

const figuresOf = (order: string[], { lanes = 1, releasedUs = (10 * S) as number | null, concurrent = false } = {}) =>
  laneTimesOf(
    {
      published: published(4, { concurrent }),
      received: received(order, 10 * S),
      expected: 4,
      unfinished: [],
    },
    { lanes, releasedUs },
  );

const IN_ORDER = ['e0', 'e1', 'e2', 'e3'];

describe('laneTimesOf', () => {
  test('counts from the release, or from the first publish where nothing was held', () => {
    expect(figuresOf(IN_ORDER)).toMatchObject({ durationS: 4, deliveredRate: 1 });
    expect(figuresOf(IN_ORDER, { releasedUs: null })).toMatchObject({ durationS: 14 });
  });

  test('finds nothing disordered in what came in order', () => {
    expect(figuresOf(IN_ORDER).faults.disordered).toBe(0);
  });

  test('finds what came before its release disordered', () => {
    expect(figuresOf(IN_ORDER, { releasedUs: 12.5 * S }).faults.disordered).toBe(2);
  });

  test('counts what came after one that was sent after its own answer', () => {
    expect(figuresOf(['e0', 'e2', 'e1', 'e3']).faults.disordered).toBe(1);
  });

  test('lets what was published at the same time come in any order', () => {
    expect(figuresOf(['e3', 'e2', 'e1', 'e0'], { concurrent: true }).faults.disordered).toBe(0);
  });

  test('compares only what went to the same lane', () => {
    expect(figuresOf(['e2', 'e0', 'e3', 'e1'], { lanes: 2 }).faults.disordered).toBe(0);
    expect(figuresOf(['e3', 'e0', 'e2', 'e1'], { lanes: 2 }).faults.disordered).toBe(1);
  });
});
