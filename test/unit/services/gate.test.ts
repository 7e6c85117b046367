import { type CallPace, Gate, type Place } from '../../../src/services/attempts/gate';

interface Recorded extends Place {
  name: string;
}

function recordingGate(pace?: CallPace) {
  const gate = new Gate<Recorded>(pace);
  const started: string[] = [];
  const enter = (
    name: string,
    { tenantId = 't', subscriptionId = 's', host = 'h', limit = 1, enteredAtMs = 0 } = {},
  ): Recorded => {
    const place = {
      ...{ name, tenantId, subscriptionId, host, enteredAtMs },
      sharing: { id: subscriptionId, maxInFlight: limit, timeoutMs: 0 },
      start: () => void started.push(name),
    };
    gate.enter(place);
    return place;
  };
  const startedOf = (prefix: string) => started.filter((name) => name.startsWith(prefix)).length;
  /** As many as one subscription may have at most. */
  const enterHundred = (subscriptionId: string, more: { tenantId?: string; host?: string } = {}) =>
    Array.from({ length: 100 }, (_, i) => enter(`${subscriptionId}${i}`, { subscriptionId, limit: 100, ...more }));
  return { gate, started, startedOf, enter, enterHundred };
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

test('a subscription that is alone at its host gets all its hundred', () => {
  const { startedOf, enterHundred } = recordingGate();
  enterHundred('a');
  expect(startedOf('a')).toBe(100);
});

test('a tenant that hangs with every call that it may make leaves as many to the next one', () => {
  const { started, startedOf, enter, enterHundred } = recordingGate();
  for (const subscriptionId of ['a', 'b', 'c', 'd']) enterHundred(subscriptionId);
  expect(started.length).toBeGreaterThan(190);
  expect(started.length).toBeLessThanOrEqual(200);
  enterHundred('victim', { tenantId: 'other' });
  expect(startedOf('victim')).toBeGreaterThanOrEqual(60);
  enter('elsewhere', { subscriptionId: 'e', host: 'other' });
  expect(startedOf('elsewhere')).toBe(1);
});

test('connections that come back go to the tenant that has fewer', () => {
  const { gate, startedOf, enterHundred } = recordingGate();
  const hanging = ['a', 'b', 'c', 'd'].flatMap((subscriptionId) => enterHundred(subscriptionId));
  enterHundred('victim', { tenantId: 'other' });
  const before = startedOf('victim');
  for (const place of hanging.slice(0, 40)) gate.leave(place);
  expect(startedOf('victim')).toBeGreaterThanOrEqual(before + 10);
});

test('hosts without number are bounded, too, by tenant', () => {
  const { started, startedOf, enter } = recordingGate();
  for (let i = 0; i < 3000; i++) enter(`a${i}`, { subscriptionId: `a${i}`, host: `alias${i}` });
  expect(started).toHaveLength(2000);
  enter('victim', { tenantId: 'other', subscriptionId: 'v', host: 'alias1' });
  expect(startedOf('victim')).toBe(1);
});

test('who is withdrawn while it waits for a connection lets the next one of its subscription wait', () => {
  const { gate, started, startedOf, enter } = recordingGate();
  const places = Array.from({ length: 2001 }, (_, i) => enter(`a${i}`, { subscriptionId: `a${i}`, host: `alias${i}` }));
  const last = places.at(-1) as Recorded;
  enter('next', { subscriptionId: last.subscriptionId, host: last.host });
  expect(started).toHaveLength(2000);
  gate.withdraw(last);
  gate.leave(places[0] as Recorded);
  expect(startedOf('next')).toBe(1);
  expect(startedOf('a2000')).toBe(0);
});

test('whoever waits for its subscription and for its host starts when both have room', () => {
  const { gate, started, enter, enterHundred } = recordingGate();
  const inside = ['a', 'b', 'd', 'e'].flatMap((subscriptionId) => enterHundred(subscriptionId));
  const [first] = [enter('c1', { subscriptionId: 'c' }), enter('c2', { subscriptionId: 'c' })];
  const leaveUntil = (name: string) => {
    while (!started.includes(name) && inside.length > 0) gate.leave(inside.shift() as Recorded);
    expect(started).toContain(name);
  };
  leaveUntil('c1');
  expect(started).not.toContain('c2');
  gate.leave(first as Recorded);
  leaveUntil('c2');
});

describe('a pace', () => {
  /** Of `s` alone: its next call may begin when it is told so. */
  function manualPace() {
    const pace = { isOpen: false, taken: 0 };
    return {
      ...pace,
      waitMs(subscriptionId: string) {
        return subscriptionId === 's' && !this.isOpen ? 1 : 0;
      },
      roomWithin: () => 5,
      take(subscriptionId: string) {
        if (subscriptionId !== 's') return;
        this.taken++;
        this.isOpen = false;
      },
    };
  }
  const turns = () => new Promise((resolve) => setTimeout(resolve, 5));
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await turns();
  };

  test('lets calls begin one after the other, in order, though there is room for all', async () => {
    const pace = manualPace();
    const { started, enter } = recordingGate(pace);
    for (const name of ['1', '2', '3']) enter(name, { limit: 10 });
    for (let open = 1; open <= 3; open++) {
      await turns();
      expect(started).toHaveLength(open - 1);
      pace.isOpen = true;
      await until(() => started.length === open);
    }
    expect(started).toEqual(['1', '2', '3']);
    expect(pace.taken).toBe(3);
  });

  test('holds up no other subscription, and takes none of the slots that they share', () => {
    const { gate, started, enter } = recordingGate(manualPace());
    for (let at = 0; at < 500; at++) enter(`paced ${at}`, { limit: 1000 });
    enter('other', { subscriptionId: 'other' });
    expect(started).toEqual(['other']);
    expect(gate.inFlightOf('s')).toBe(0);
    gate.takeWaiting('s');
  });

  test('has room for what does not wait already', () => {
    const { gate, enter } = recordingGate(manualPace());
    expect(gate.roomWithin('s', 100)).toBe(5);
    for (const name of ['1', '2']) enter(name);
    expect(gate.roomWithin('s', 100)).toBe(3);
    expect(gate.takeWaiting('s', { butFirst: 1 }).map(({ name }) => name)).toEqual(['2']);
    expect(gate.takeWaiting('s')).toHaveLength(1);
    expect(gate.roomWithin('s', 100)).toBe(5);
  });

  test('starts nobody who was taken out or withdrawn meanwhile', async () => {
    const pace = manualPace();
    const { gate, started, enter } = recordingGate(pace);
    const first = enter('1');
    enter('2');
    gate.withdraw(first);
    pace.isOpen = true;
    await until(() => started.length === 1);
    expect(started).toEqual(['2']);
  });
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
