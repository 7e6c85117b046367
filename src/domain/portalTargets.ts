import { isStorable } from './storable';

/** What users of the portal subscribe to (portal.md). */
export const PORTAL_ACTIONS = ['like', 'collection', 'follow', 'comment', 'post', 'update', 'subscribe'] as const;
export type PortalAction = (typeof PORTAL_ACTIONS)[number];

const ACTIONS: ReadonlySet<string> = new Set(PORTAL_ACTIONS);
/** Of a target id, in bytes. */
export const MAX_TARGET_BYTES = 128;
const TARGET_TYPE = /^(?:0|[1-9]\d{0,9})$/;

/**
 * The ids that an event's changes name, once each: strings, and objects' `target_id`. None for an event that is not of
 * a target type (its topic is the number) and an action (its type).
 */
export function portalTargetsOf({ topic, type, changes }: { topic: string; type: string; changes: string }): string[] {
  if (!ACTIONS.has(type) || !TARGET_TYPE.test(topic)) return [];
  const parsed: unknown = JSON.parse(changes);
  const targets = Array.isArray(parsed) ? parsed.map(targetOf).filter((target) => target !== null) : [];
  return [...new Set(targets)];
}

function targetOf(change: unknown): string | null {
  if (typeof change === 'string') return canBeTarget(change) ? change : null;
  if (typeof change !== 'object' || change === null || !('target_id' in change)) return null;
  const { target_id: target } = change;
  return typeof target === 'string' && canBeTarget(target) ? target : null;
}

/** Nobody has subscribed to what cannot be stored. The length cheaply: a character is a byte at least. */
function canBeTarget(text: string): boolean {
  return text.length <= MAX_TARGET_BYTES && isStorable(text);
}
