import type { Figure, Sample } from './figures';

/** One line for each sample, under a line of names; seconds from the beginning of the load. What was not to be had is empty. */
export function toCsv(figures: readonly Figure[], samples: readonly Sample[]): string {
  const head = ['seconds', ...figures.map(({ name, unit }) => (unit ? `${name} (${unit})` : name))];
  const lines = samples.map(({ atMs, values }) => [
    (atMs / 1000).toFixed(1),
    ...figures.map(({ name }) => {
      const value = values[name] ?? null;
      return value === null ? '' : String(Math.round(value * 100) / 100);
    }),
  ]);
  return [head, ...lines].map((cells) => `${cells.join(',')}\n`).join('');
}
