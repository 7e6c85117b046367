import type { Received } from './receiver';

const isColoured = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code: number) => (text: string) => (isColoured ? `\u001b[${code}m${text}\u001b[0m` : text);

export const bold = paint(1);
export const dim = paint(2);
const red = paint(31);
const green = paint(32);
const yellow = paint(33);

export function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

export function chapter(title: string): void {
  say(`\n${bold(title)}`);
}

/** A fact under the chapter's title. */
export function fact(name: string, value: string): void {
  say(`  ${dim(name.padEnd(14))}${value}`);
}

/** Where a workflow is to be seen; by its id where no UI is known. */
export function temporalFact(workflowId: string, temporalUiUrl: string | null): void {
  if (temporalUiUrl) fact('in Temporal', `${temporalUiUrl}/workflows/${encodeURIComponent(workflowId)}`);
  else fact('in Temporal', `workflow ${workflowId}`);
}

/** One line for one call of the receiver. */
export function tell({ event, signature, isVerified, status }: Received, { afterMs }: { afterMs: number }): void {
  const mark = !isVerified ? red('✗') : status < 300 ? green('✓') : yellow('↻');
  const what = `${event.type}${event.status === 'none' ? '' : ` ${event.status}`}`;
  const seal = isVerified ? `${signature.slice(0, 12)}… verified` : red('signature does not match');
  const answer = status < 300 ? '' : yellow(`  answered ${status}`);
  say(
    `  ${mark} ${toWidth(what, 44)} ${toWidth(event.topic, 26)} ${`${Math.round(afterMs)} ms`.padStart(8)}  ${dim(seal)}${answer}`,
  );
}

export function warn(line: string): void {
  say(red(line));
}

function toWidth(text: string, width: number): string {
  return (text.length > width ? `${text.slice(0, width - 1)}…` : text).padEnd(width);
}
