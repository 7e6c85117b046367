import { createSlowReaders } from '../../../src/api/slowReaders';

/** A connection whose kernel takes what the test says. */
function connection() {
  const state = { bytesWritten: 0, writableLength: 0, isDestroyed: false };
  return Object.assign(state, {
    answer(bytes: number) {
      state.bytesWritten += bytes;
      state.writableLength += bytes;
    },
    take(bytes: number) {
      state.writableLength -= bytes;
    },
    destroy() {
      state.isDestroyed = true;
    },
  });
}

function watched() {
  const clock = { ms: 0 };
  const readers = createSlowReaders({ withinMs: 1000, nowMs: () => clock.ms });
  const caller = connection();
  readers.add(caller);
  return {
    readers,
    caller,
    at(ms: number) {
      clock.ms = ms;
      readers.check();
      return caller.isDestroyed;
    },
  };
}

test('an answer that goes in sips has the time of one that stands still', () => {
  const { caller, at } = watched();
  caller.answer(1000);
  at(0);
  for (let ms = 100; ms <= 1000; ms += 100) {
    caller.take(1);
    expect(at(ms)).toBe(false);
  }
  expect(at(1001)).toBe(true);
});

test('whoever takes each answer in time goes on, though something always waits', () => {
  const { caller, at } = watched();
  caller.answer(1000);
  at(0);
  for (let ms = 900; ms <= 9000; ms += 900) {
    caller.answer(1000);
    caller.take(1000);
    expect(at(ms)).toBe(false);
  }
  expect(at(9900)).toBe(false);
  expect(at(10_001)).toBe(true);
});

test('whoever has taken everything is not asked, however long nothing is written', () => {
  const { caller, at } = watched();
  caller.answer(1000);
  at(0);
  caller.take(1000);
  expect([at(500), at(100_000)]).toEqual([false, false]);
  caller.answer(1);
  expect([at(100_001), at(101_000), at(101_002)]).toEqual([false, false, true]);
});

test('a connection that was closed is forgotten', () => {
  const { readers, caller, at } = watched();
  caller.answer(1000);
  at(0);
  readers.delete(caller);
  expect(at(5000)).toBe(false);
});
