import { askedTogether } from '../../../src/services/askedTogether';

test('who asks while it is being answered gets the same answer; who asks later has it asked again', async () => {
  const answers: ((text: string) => void)[] = [];
  const ask = askedTogether(() => new Promise<string>((resolve) => answers.push(resolve)));
  const many = Array.from({ length: 100 }, ask);
  answers[0]?.('first');
  expect(new Set(await Promise.all(many))).toEqual(new Set(['first']));
  expect(answers).toHaveLength(1);
  const later = ask();
  answers[1]?.('second');
  expect(await later).toBe('second');
});

test('a question that fails, fails for all who asked it, and for nobody after them', async () => {
  let asked = 0;
  const ask = askedTogether(async () => {
    asked++;
    if (asked === 1) throw new Error('away');
    return asked;
  });
  const both = await Promise.allSettled([ask(), ask()]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await ask()).toBe(2);
});

test('who asks while the question is under way, or soon after, shares its answer', async () => {
  let asked = 0;
  const ask = askedTogether(async () => ++asked, { keepMs: 60_000 });
  expect(await Promise.all([ask(), ask()])).toEqual([1, 1]);
  expect(await ask()).toBe(1);
});

test('after its time it is asked again, and a fault is not kept', async () => {
  let asked = 0;
  const ask = askedTogether(async () => ++asked, { keepMs: 0 });
  await ask();
  expect(await ask()).toBe(2);
  const failing = askedTogether(
    async () => {
      if (++asked < 4) throw new Error('away');
      return asked;
    },
    { keepMs: 60_000 },
  );
  await expect(failing()).rejects.toThrow('away');
  expect(await failing()).toBe(4);
});
