/** SQL: a new id of the moment `at` (timestamptz), by whose day its row's partition is found. */
export const idAt = (at: string) => `uuid_v7_at((extract(epoch FROM ${at}) * 1000)::bigint)`;
