import type { Knex } from 'knex';
import type { MaintenanceName } from './maintenance';

/** A process that renews no more is succeeded after this time. */
const LEASE = "interval '15 s'";

export interface RoundLeaseOptions {
  name: MaintenanceName;
  processId: string;
  /** From the end of a round to the next one. */
  everyMs: number;
}

/**
 * The right to make rounds: a lease in the row of `maintenance`, by PostgreSQL's clock. One process of all has it at a time; a
 * lock of a session would stay with a machine that is cut off until its connection times out.
 */
export function createRoundLease(knex: Knex, { name, processId, everyMs }: RoundLeaseOptions) {
  return {
    /**
     * Takes the lease if a round is due. A time that lies further ahead than any is set to was written before PostgreSQL's
     * clock went back: it counts as past.
     */
    async claim(): Promise<boolean> {
      const { rowCount } = await knex.raw<{ rowCount: number }>(
        `UPDATE maintenance SET holder = ?, next_round_at = now() + ${LEASE}
         WHERE name = ? AND (next_round_at <= now()
           OR next_round_at > now() + greatest(${LEASE}, ? * interval '1 ms') + interval '5 s')`,
        [processId, name, everyMs],
      );
      return rowCount > 0;
    },

    /** @returns false when it has run out and another process has it. */
    async renew(): Promise<boolean> {
      const { rowCount } = await knex.raw<{ rowCount: number }>(
        `UPDATE maintenance SET next_round_at = now() + ${LEASE} WHERE name = ? AND holder = ?`,
        [name, processId],
      );
      return rowCount > 0;
    },

    /** Gives it back. The next round begins after so long, in whichever process. */
    async release({ nextInMs }: { nextInMs: number }): Promise<void> {
      await knex.raw(
        `UPDATE maintenance SET holder = NULL, next_round_at = now() + ? * interval '1 ms' WHERE name = ? AND holder = ?`,
        [nextInMs, name, processId],
      );
    },
  };
}

export type RoundLease = ReturnType<typeof createRoundLease>;
