import { ListTurns } from '../../../src/api/listTurns';
import type { Caller } from '../../../src/services/caller';

const callerOf = (tenantId: string): Caller => ({
  keyId: 'k',
  tenantId,
  appId: 'shop',
  roles: ['subscriber'],
  subject: null,
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Lists that are made until they are told to end. */
function held() {
  const turns = new ListTurns();
  const making: { name: string; end(): void }[] = [];
  const made = (tenantId: string, name: string) =>
    turns.run(
      callerOf(tenantId),
      () => new Promise<string>((resolve) => making.push({ name, end: () => resolve(name) })),
    );
  return { made, making, names: () => making.map(({ name }) => name) };
}

test('a tenant has two lists made at once, and leaves room for the next one', async () => {
  const { made, making, names } = held();
  const all = ['a1', 'a2', 'a3', 'a4'].map((name) => made('a', name));
  await turn();
  expect(names()).toEqual(['a1', 'a2']);
  const ofOther = made('b', 'b1');
  await turn();
  expect(names()).toEqual(['a1', 'a2', 'b1']);
  for (let i = 0; i < 5; i++) {
    making[i]?.end();
    await turn();
  }
  expect(await Promise.all([...all, ofOther])).toEqual(['a1', 'a2', 'a3', 'a4', 'b1']);
});

test('one that fails leaves its turn; one whose turn does not come is told to try again', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate'] });
  try {
    const { made } = held();
    const turns = new ListTurns();
    await expect(turns.run(callerOf('a'), () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await expect(turns.run(callerOf('a'), async () => 'next')).resolves.toBe('next');
    void made('a', 'a1');
    void made('a', 'a2');
    const late = expect(made('a', 'a3')).rejects.toMatchObject({ name: 'ShareExhausted', because: 'too_long' });
    await jest.advanceTimersByTimeAsync(5000);
    await late;
  } finally {
    jest.useRealTimers();
  }
});
