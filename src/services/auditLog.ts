import type { Logger } from 'pino';
import type { AuditRecord } from '../db/audit';

/** One line for each change, after its commit, with what its row in `audit` says. */
export function createAuditLog(log: Logger) {
  return (record: AuditRecord): void => log.info({ event: 'audit', ...record });
}
