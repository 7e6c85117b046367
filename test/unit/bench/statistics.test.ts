import { median, percentile } from '../../../bench/statistics';

describe('median', () => {
  test('is the middle value, whatever the order', () => {
    expect(median([9, 1, 10])).toBe(9);
  });

  test('of an even number is the mean of the two in the middle', () => {
    expect(median([4, 1, 100, 2])).toBe(3);
  });

  test('of nothing is not a number', () => {
    expect(median([])).toBeNaN();
  });

  test('leaves what it was given as it was', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('percentile', () => {
  const oneToHundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  test('is the value at the nearest rank', () => {
    expect(percentile(oneToHundred, 50)).toBe(50);
    expect(percentile(oneToHundred, 99)).toBe(99);
    expect(percentile(oneToHundred, 100)).toBe(100);
  });

  test('compares numbers as numbers', () => {
    expect(percentile([10, 9, 2], 99)).toBe(10);
  });

  test('of few values is the largest, of one that one, of none not a number', () => {
    expect(percentile([5, 7, 6], 99)).toBe(7);
    expect(percentile([5], 50)).toBe(5);
    expect(percentile([], 50)).toBeNaN();
  });
});
