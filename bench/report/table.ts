import type { Row } from './section';

const HEAD = ['scenario', 'figure', 'median', '(lowest .. highest)', 'held against', 'is', 'Outpost / Svix', 'holds'];

/** Plain text, its columns aligned by spaces. */
export function renderTable(rows: Row[]): string {
  let lastScenario = '';
  const lines = rows.map((row) => {
    const scenario = row.scenario === lastScenario ? '' : row.scenario;
    lastScenario = row.scenario;
    return cellsOf(row, scenario);
  });
  const all = [HEAD, ...lines];
  const widths = HEAD.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)));
  const render = (cells: string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [render(HEAD), rule, ...lines.map(render)].join('\n');
}

function cellsOf(row: Row, scenario: string): string[] {
  const { limit } = row;
  const range = row.values.length > 1 ? `(${round(Math.min(...row.values))} .. ${round(Math.max(...row.values))})` : '';
  return [
    scenario,
    row.figure,
    `${round(row.median)} ${row.unit}`.trimEnd(),
    range,
    limit?.rule ?? '',
    limit === null ? '' : limit.is === null ? 'not measured' : round(limit.is),
    row.peer?.text ?? '',
    limit === null || limit.holds === null ? '' : limit.holds ? 'yes' : 'NO',
  ];
}

/** To three digits, or to whole ones; below 1 to four places at most. */
export function round(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 0.1 ? 2 : 4;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
