import { isStorable } from './storable';

/** What users of the portal subscribe to (portal.md). */
export const PORTAL_ACTIONS = ['like', 'collection', 'follow', 'comment', 'post', 'update', 'subscribe'] as const;
export type PortalAction = (typeof PORTAL_ACTIONS)[number];

const ACTIONS: ReadonlySet<string> = new Set(PORTAL_ACTIONS);
/** Of a target id, in bytes. */
export const MAX_TARGET_BYTES = 128;
const TARGET_TYPE = /^(?:0|[1-9]\d{0,9})$/;

/**
 * The ids that an event's changes name, once each: texts, whole numbers, and objects' `target_id`. None for an event that is not of
 * a target type (its topic is the number) and an action (its type).
 */
export function portalTargetsOf({ topic, type, changes }: { topic: string; type: string; changes: string }): string[] {
  if (!ACTIONS.has(type) || !TARGET_TYPE.test(topic)) return [];
  const parsed: unknown = JSON.parse(withLongNumbersAsTexts(changes));
  const targets = Array.isArray(parsed) ? parsed.map(targetOf).filter((target) => target !== null) : [];
  return [...new Set(targets)];
}

function targetOf(change: unknown): string | null {
  const isObject = typeof change === 'object' && change !== null;
  const target = isObject && 'target_id' in change ? change.target_id : change;
  const text = Number.isSafeInteger(target) ? String(target) : target;
  return typeof text === 'string' && canBeTarget(text) ? text : null;
}

/** An escaped character, the border of a text, or a whole number of 16 digits and more. No part of it backtracks. */
const QUOTE_OR_LONG_NUMBER = /\\.|"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g;

/** Long numbers become texts: parsed as doubles, 9007199254740993 would be the target …992. */
function withLongNumbersAsTexts(json: string): string {
  if (!/\d{16}/.test(json)) return json;
  let isInText = false;
  return json.replace(QUOTE_OR_LONG_NUMBER, (found) => {
    if (found === '"') isInText = !isInText;
    const isNumber = !isInText && found !== '"' && !found.startsWith('\\');
    return isNumber ? `"${found}"` : found;
  });
}

/** Nobody has subscribed to what cannot be stored. The length cheaply: a character is a byte at least. */
function canBeTarget(text: string): boolean {
  return text.length <= MAX_TARGET_BYTES && isStorable(text);
}
