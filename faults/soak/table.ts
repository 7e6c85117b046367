import { PARTS, type Row } from './judge';

/** One line for each figure, as Markdown that can also be read as it is. */
export function tableOf(rows: readonly Row[], { lengthMs }: { lengthMs: number }): string {
  const minutes = (part: number) => String(Math.round((part * lengthMs) / PARTS / 6000) / 10);
  const head = [
    'figure',
    `minutes ${minutes(1)} to ${minutes(2)}`,
    `the last ${minutes(1)}`,
    'ratio',
    'holds',
    `every ${minutes(1)} minutes`,
  ];
  const lines = rows.map(({ name, unit, by, early, late, ratio, holds, parts }) => [
    [name, by, unit].filter(Boolean).join(', '),
    shown(early),
    shown(late),
    ratio.toFixed(2),
    holds === null ? 'shown' : holds ? 'yes' : 'NO',
    parts.map(shown).join(' '),
  ]);
  const cells = [head, head.map(() => '---'), ...lines];
  const widths = head.map((_, column) => Math.max(...cells.map((line) => (line[column] ?? '').length)));
  return cells
    .map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`)
    .join('\n');
}

/** One place after the point where that is more than noise. */
function shown(value: number): string {
  if (Number.isNaN(value)) return '-';
  return value < 10 ? String(Math.round(value * 10) / 10) : String(Math.round(value));
}
