import type { FaultCase } from '../../lab';
import { largeBodies } from './bodies';

const BOTH = [largeBodies];

/** One installation after the other. */
export const NEIGHBOURS: readonly FaultCase[] = [...BOTH.map(({ one }) => one), ...BOTH.map(({ two }) => two)];
