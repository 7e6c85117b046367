import { Patterns } from '../../../src/outbound/patterns/patterns';
import { PatternThread } from '../../../src/outbound/patterns/patternThread';

jest.setTimeout(120_000);

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** 64 KiB without any regularity: as much work as there can be. */
function costlyText(): string {
  let state = 1;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state;
  };
  return `${Array.from({ length: 65_535 }, () => 'ab'[random() & 1]).join('')}!`;
}
const COSTLY = { pattern: '[ab]*a[ab]{400}[c-z]', body: bytesOf(costlyText()) };
const CHEAP = { pattern: '!$', body: COSTLY.body };
const shareOf = (tenantId: string, flow = 'subscription') => ({ tenantId, flow });

test('the event loop goes on turning', async () => {
  let isDone = false;
  const found = new Patterns().isFound({ ...COSTLY, share: shareOf('a') }).finally(() => {
    isDone = true;
  });
  let turns = 0;
  for (; !isDone; turns++) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(turns).toBeGreaterThan(10);
  expect(await found).toBe(false);
});

test('tenants take turns, and so do the subscriptions of one: who asks much is not answered first', async () => {
  const thread = new PatternThread();
  const answered: string[] = [];
  const ask = async (tenantId: string, flow: string, question: typeof COSTLY) => {
    const answer = await thread.ask({ ...question, share: shareOf(tenantId, flow) });
    answered.push(`${tenantId}/${flow}`);
    return answer?.isFound;
  };
  const many = Array.from({ length: 8 }, () => ask('attacker', 'slow', COSTLY));
  const late = [ask('attacker', 'other', CHEAP), ask('victim', 'subscription', CHEAP)];
  expect(await Promise.all(late)).toEqual([true, true]);
  // One question is under way when they come, and each other flow has one turn at most before them.
  expect(answered.filter((one) => one === 'attacker/slow').length).toBeLessThanOrEqual(2);
  // None of the others is given up for the time that it waited.
  expect(await Promise.all(many)).toEqual(many.map(() => false));
});

test('a quick question waits for no slow one', async () => {
  const patterns = new Patterns();
  const answered: string[] = [];
  const ask = async (tenantId: string, question: typeof COSTLY) => {
    const isFound = await patterns.isFound({ ...question, share: shareOf(tenantId) });
    answered.push(tenantId);
    return isFound;
  };
  const slow = ['a', 'b', 'c'].map((tenantId) => ask(tenantId, COSTLY));
  for (let count = 0; count < 20; count++) expect(await ask('victim', CHEAP)).toBe(true);
  expect(answered).toEqual(Array(20).fill('victim'));
  expect(await Promise.all(slow)).toEqual([false, false, false]);
});

test('what uses up its own CPU time is given up, and what waits behind it is answered', async () => {
  const thread = new Patterns({ cpuBudgetMs: 100 });
  const [stuck, found] = await Promise.all([
    thread.isFound({ ...COSTLY, share: shareOf('a') }),
    thread.isFound({ pattern: 'ok{1}', body: bytesOf('ok'), share: shareOf('b') }),
  ]);
  expect([stuck, found]).toEqual([null, true]);
});

test.each(['(', '(?=a)', '(a)\\1', 'a{1001}'])('%s is no expression', async (pattern) => {
  const thread = new Patterns();
  expect(await thread.compile({ pattern, share: shareOf('a') })).toEqual({ error: expect.stringMatching(/\w/) });
  expect(await thread.isFound({ pattern, body: bytesOf('a'), share: shareOf('a') })).toBeNull();
});

test('the size of a program is told', async () => {
  const thread = new Patterns();
  expect(await thread.compile({ pattern: '[ab]{600}x|[cd]{600}y', share: shareOf('a') })).toEqual({
    programSize: expect.any(Number),
  });
});
