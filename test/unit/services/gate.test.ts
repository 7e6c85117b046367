import { Gate, type Place } from '../../../src/services/attempts/gate';

interface Recorded extends Place {
  name: string;
}

function recordingGate() {
  const gate = new Gate<Recorded>();
  const started: string[] = [];
  const enter = (name: string, { subscriptionId = 's', host = 'h', limit = 1, enteredAtMs = 0 } = {}): Recorded => {
    const place = { name, subscriptionId, host, limit, enteredAtMs, start: () => started.push(name) };
    gate.enter(place);
    return place;
  };
  return { gate, started, enter };
}

/** Fills the host's 200 places with two subscriptions of 100. */
function fullHost() {
  const recorded = recordingGate();
  const inside = ['a', 'b'].flatMap((subscriptionId) =>
    Array.from({ length: 100 }, (_, i) => recorded.enter(`${subscriptionId}${i}`, { subscriptionId, limit: 100 })),
  );
  return { ...recorded, inside };
}

test('as many as the limit start at once, the others in order of arrival', () => {
  const { gate, started, enter } = recordingGate();
  const places = ['1', '2', '3', '4'].map((name) => enter(name, { limit: 2 }));
  expect(started).toEqual(['1', '2']);
  expect(gate.inFlightOf('s')).toBe(2);
  gate.leave(places[1] as Recorded);
  expect(started).toEqual(['1', '2', '3']);
  gate.leave(places[0] as Recorded);
  expect(started).toEqual(['1', '2', '3', '4']);
  for (const place of places.slice(2)) gate.leave(place);
  expect(gate.inFlightOf('s')).toBe(0);
  expect([...gate.queues()]).toEqual([]);
});

test('a full subscription holds up no other one of its host', () => {
  const { started, enter } = recordingGate();
  enter('full 1', { subscriptionId: 'full' });
  enter('full 2', { subscriptionId: 'full' });
  enter('other', { subscriptionId: 'other' });
  expect(started).toEqual(['full 1', 'other']);
});

test('a host takes 200 at once; another host is not concerned', () => {
  const { gate, started, enter, inside } = fullHost();
  expect(started).toHaveLength(200);
  enter('c', { subscriptionId: 'c' });
  enter('elsewhere', { subscriptionId: 'd', host: 'other' });
  expect(started.slice(200)).toEqual(['elsewhere']);
  gate.leave(inside[0] as Recorded);
  expect(started.slice(201)).toEqual(['c']);
});

test('what waits for a place at the host is not passed over by subscriptions that have queues of their own', () => {
  const { gate, started, enter, inside } = fullHost();
  for (let i = 0; i < 500; i++) enter(`a queued ${i}`, { subscriptionId: 'a', limit: 100 });
  enter('c', { subscriptionId: 'c' });
  for (const place of inside.slice(0, 100)) gate.leave(place);
  expect(started).toContain('c');
});

test('whoever waits for both gets a place when both are free', () => {
  const { gate, started, enter, inside } = fullHost();
  const first = enter('c1', { subscriptionId: 'c' });
  enter('c2', { subscriptionId: 'c' });
  gate.leave(inside[0] as Recorded);
  expect(started.slice(200)).toEqual(['c1']);
  gate.leave(inside[1] as Recorded);
  expect(started.slice(200)).toEqual(['c1']);
  gate.leave(first);
  expect(started.slice(200)).toEqual(['c1', 'c2']);
});

test('queues tell how long their first has waited, and can be taken out', () => {
  const { gate, started, enter } = recordingGate();
  const inside = enter('1');
  enter('2', { enteredAtMs: performance.now() - 3000 });
  enter('3', { enteredAtMs: performance.now() });
  const [queue] = [...gate.queues()];
  expect(queue).toMatchObject({ subscriptionId: 's' });
  expect(queue?.waitedMs).toBeGreaterThanOrEqual(3000);
  expect(gate.takeWaiting('s').map(({ name }) => name)).toEqual(['2', '3']);
  gate.leave(inside);
  expect(started).toEqual(['1']);
  expect([...gate.queues()]).toEqual([]);
});
