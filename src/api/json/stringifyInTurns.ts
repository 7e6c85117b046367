import { setImmediate } from 'node:timers/promises';

/** Made into text between two turns of the event loop: some milliseconds, also of the largest items. */
const ITEMS_AT_ONCE = 20;
/** Lists are an answer, a member of one (`data`), or a member of that (`data.info`). */
const MAX_DEPTH = 2;

/** The text that JSON.stringify makes. Its lists are made in parts, between which others have their turns of the event loop. */
export async function stringifyInTurns(value: unknown, depth = 0): Promise<string> {
  if (Array.isArray(value) && value.length > ITEMS_AT_ONCE) return listInTurns(value);
  if (depth === MAX_DEPTH || !isPlain(value)) return JSON.stringify(value);
  const members: string[] = [];
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    members.push(`${JSON.stringify(name)}:${await stringifyInTurns(member, depth + 1)}`);
  }
  return `{${members.join(',')}}`;
}

async function listInTurns(list: readonly unknown[]): Promise<string> {
  const parts: string[] = [];
  for (let from = 0; from < list.length; from += ITEMS_AT_ONCE) {
    if (from > 0) await setImmediate();
    parts.push(JSON.stringify(list.slice(from, from + ITEMS_AT_ONCE)).slice(1, -1));
  }
  return `[${parts.join(',')}]`;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
