/** A line of the log. What reads logs cuts or drops longer ones, some as short as this, and a caller decides how long a path is. */
export const MAX_LINE_BYTES = 4096;
/** UTF-8 has at most three bytes for a UTF-16 unit. */
const MOST_BYTES_A_UNIT = 3;
const LONGEST_TEXT = 1024;
const SHORTEST_TEXT = 16;
const MAX_ELEMENTS = 20;

/**
 * The line as it is, or, when it is longer than MAX_LINE_BYTES, with its longest texts cut; `…` and how many characters were cut
 * stand at their end, and `isCut` is true.
 *
 * @param line JSON and a line break, as pino writes it.
 */
export function shortLine(line: string): string {
  if (line.length * MOST_BYTES_A_UNIT <= MAX_LINE_BYTES || Buffer.byteLength(line) <= MAX_LINE_BYTES) return line;
  const parsed: Record<string, unknown> = { ...JSON.parse(line), isCut: true };
  for (let longest = LONGEST_TEXT; longest >= SHORTEST_TEXT; longest /= 2) {
    const short = `${JSON.stringify(cut(parsed, longest))}\n`;
    if (Buffer.byteLength(short) <= MAX_LINE_BYTES) return short;
  }
  const { level, time, pid, event, msg } = parsed;
  return `${JSON.stringify(cut({ level, time, pid, event, msg, isCut: true }, SHORTEST_TEXT))}\n`;
}

function cut(value: unknown, longest: number): unknown {
  if (typeof value === 'string') return cutText(value, longest);
  if (Array.isArray(value)) return value.slice(0, MAX_ELEMENTS).map((element) => cut(element, longest));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [cutText(name, longest), cut(member, longest)]),
  );
}

function cutText(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}… (${text.length - longest} more)`;
}
