import type { MigrationHead } from '../migrating/migration';

/**
 * From here on a program asks `schema_migrations` which release fits the schema (docs/decisions/0027-migrations.md). The migrator
 * makes that table itself, before it writes its first row, which in an installation of before is this one.
 */
export const head: MigrationHead = { locks: [], runsFrom: '20261123060000_inlined_ids' };
