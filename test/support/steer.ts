import type { Knex } from 'knex';
import { createSteer, type Steer } from '../../src/db/steerings';

/** Of a process that makes no attempts itself, so that nothing in it has to obey. */
export const steerOn = (knex: Knex): Steer => createSteer({ knex, onSteered: () => undefined });
