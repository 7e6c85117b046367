import type { Knex } from 'knex';
import { noteClockSetback } from './clockSetbacks';

/** A process that wrote nothing for so long counts as gone. */
const GONE_AFTER = '20 s';

export interface Beat {
  /** Processes that make attempts now, this one included. */
  attempting: number;
  /** PostgreSQL's clock minus this process's. */
  clockOffsetMs: number;
  /** PostgreSQL's clock was found to have gone back by so much; mostly 0. */
  clockWentBackMs: number;
}

/** Says that this process lives. */
export async function beat(knex: Knex, { id, role }: { id: string; role: 'all' | 'api' | 'worker' }): Promise<Beat> {
  const clockWentBackMs = await noteClockSetback(knex);
  const sentAt = Date.now();
  await knex.raw(`INSERT INTO processes (id, role) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET seen_at = now()`, [
    id,
    role,
  ]);
  const { rows } = await knex.raw<{ rows: { attempting: number; now_ms: number }[] }>(
    `SELECT count(*) FILTER (WHERE role <> 'api')::int AS attempting,
            (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms
     FROM processes WHERE seen_at > now() - interval '${GONE_AFTER}'`,
  );
  const midway = (sentAt + Date.now()) / 2;
  const [row] = rows;
  return {
    attempting: Math.max(1, row?.attempting ?? 1),
    clockOffsetMs: Math.round((row?.now_ms ?? midway) - midway),
    clockWentBackMs,
  };
}

/** This process stops: the others need not wait for its silence. Old entries go with it. */
export async function leave(knex: Knex, id: string): Promise<void> {
  await knex.raw("DELETE FROM processes WHERE id = ? OR seen_at < now() - interval '1 day'", [id]);
}
