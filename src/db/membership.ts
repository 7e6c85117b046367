import type { Knex } from 'knex';

/** How the processes of an installation stand that share each subscription's `maxInFlight`. */
export interface MembershipRead {
  epoch: number;
  /** Their ids, sorted. */
  members: string[];
  /** Every process that makes attempts and has not left, this one included. */
  processes: {
    id: string;
    /** The latest epoch it keeps to; null: of a release that knows none. */
    epoch: number | null;
    over: string[];
    silentMs: number;
  }[];
}

interface MembershipRow {
  epoch: string;
  members: string[];
  id: string;
  process_epoch: string | null;
  over: string[] | null;
  silent_ms: number;
}

/** One statement, so that what all have taken notice of is seen at one moment. */
export async function readMembership(knex: Knex): Promise<MembershipRead> {
  const { rows } = await knex.raw<{ rows: MembershipRow[] }>(
    `SELECT m.epoch, m.members, p.id, p.epoch AS process_epoch, p.over,
            (extract(epoch FROM clock_timestamp() - p.seen_at) * 1000)::float8 AS silent_ms
     FROM in_flight_membership m JOIN processes p ON p.role <> 'api'`,
  );
  return {
    epoch: Number(rows[0]?.epoch ?? 0),
    members: rows[0]?.members ?? [],
    processes: rows.map(({ id, process_epoch, over, silent_ms: silentMs }) => ({
      id,
      epoch: process_epoch === null ? null : Number(process_epoch),
      over: over ?? [],
      silentMs,
    })),
  };
}

/** The next membership, unless somebody has made it already. */
export async function changeMembership(
  knex: Knex,
  { epoch, members }: { epoch: number; members: string[] },
): Promise<void> {
  await knex('in_flight_membership')
    .where({ epoch })
    .update({ epoch: epoch + 1, members });
}
