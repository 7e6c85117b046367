import type { Logger } from 'pino';
import type { AuditRecord } from '../db/audit';

/**
 * One line for each change, after its commit, with what its row in `audit` says; of what was changed only the names, as a
 * name or a description is somebody's own text.
 */
export function createAuditLog(log: Logger) {
  return ({ change, ...record }: AuditRecord): void =>
    log.info({ event: 'audit', ...record, changed: change && Object.keys(change) }, 'audit');
}
