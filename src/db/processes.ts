import type { Knex } from 'knex';
import { noteClockSetback } from './clockSetbacks';
import { changeMembership, type MembershipRead, readMembership } from './membership';

export interface Beat {
  /** PostgreSQL's clock minus this process's. */
  clockOffsetMs: number;
  /** PostgreSQL's clock was found to have gone back by so much; mostly 0. */
  clockWentBackMs: number;
}

export interface Said {
  id: string;
  role: 'all' | 'api' | 'worker';
  /** The membership that it keeps to. */
  epoch: number;
  /** Subscriptions of which it has more calls under way than that gives it. */
  over: string[];
}

/** Says that this process lives, and to what it keeps. */
export async function beat(knex: Knex, { id, role, epoch, over }: Said): Promise<Beat> {
  const clockWentBackMs = await noteClockSetback(knex);
  const sentAt = Date.now();
  const { rows } = await knex.raw<{ rows: { now_ms: number }[] }>(
    `INSERT INTO processes (id, role, epoch, over) VALUES (?, ?, ?, ?::uuid[])
     ON CONFLICT (id) DO UPDATE SET seen_at = now(), epoch = excluded.epoch, over = excluded.over
     RETURNING (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms`,
    [id, role, epoch, over],
  );
  const midway = (sentAt + Date.now()) / 2;
  return { clockOffsetMs: Math.round((rows[0]?.now_ms ?? midway) - midway), clockWentBackMs };
}

/** How the others stand; a membership that is not theirs any more is changed by whoever sees it first. */
export async function meetOthers(
  knex: Knex,
  livingOf: (read: MembershipRead) => string[],
): Promise<MembershipRead & { isChanged: boolean }> {
  const read = await readMembership(knex);
  const members = livingOf(read);
  const isChanged = members.join() !== read.members.join();
  if (isChanged) await changeMembership(knex, { epoch: read.epoch, members });
  return { ...read, isChanged };
}

/** This process stops and has nothing under way: the others need not wait for its silence. Old entries go with it. */
export async function leave(knex: Knex, id: string): Promise<void> {
  await knex.raw("DELETE FROM processes WHERE id = ? OR seen_at < now() - interval '1 day'", [id]);
  await knex('call_slots').where({ process_id: id }).delete();
}
