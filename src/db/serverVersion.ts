/** The first migration says STORAGE inside CREATE TABLE, which is of version 16. The tests run on it and on the newest. */
const OLDEST_MAJOR_VERSION = 16;

/**
 * Why this server cannot be used; null when it can.
 *
 * @param versionNumber its `server_version_num`: 160014 is 16.14.
 */
export function refuseServerVersion(versionNumber: number): string | null {
  const major = Math.floor(versionNumber / 10_000);
  if (major >= OLDEST_MAJOR_VERSION) return null;
  const version = `${major}.${versionNumber % 10_000}`;
  return `DATABASE_URL leads to PostgreSQL ${version}, and Postrider needs ${OLDEST_MAJOR_VERSION} or later: upgrade the server with pg_upgrade.`;
}
