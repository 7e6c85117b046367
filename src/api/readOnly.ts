import * as z from 'zod';
import { Conflict } from '../services/errors';

/** A field of an answer that a caller may send back as it got it. */
export const readOnly = z
  .unknown()
  .optional()
  .meta({
    description: 'Cannot be changed: the same value as in the answer is ignored, any other one is 409.',
    override: { readOnly: true },
  });

const MOMENT = { readOnly: true, type: 'string', format: 'date-time' } as const;

/** A moment. */
export const readOnlyMoment = readOnly.meta({ override: MOMENT });

/** A moment that is not read before a change: when it was made, for instance. */
export const ignored = z.unknown().optional().meta({ description: 'Ignored.', override: MOMENT });

/** @param given what came for them. @throws Conflict for the first that is not as it is now. */
export function requireUnchanged(given: Readonly<Record<string, unknown>>, current: object): void {
  const now = JSON.parse(JSON.stringify(current)) as Record<string, unknown>;
  for (const [field, value] of Object.entries(given)) {
    if (value !== undefined && JSON.stringify(value) !== JSON.stringify(now[field])) {
      throw new Conflict('read_only', `${field} cannot be changed`, field);
    }
  }
}
