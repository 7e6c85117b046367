/** Whether a statement failed because of this constraint, named as PostgreSQL names it. */
export function violates(error: unknown, constraint: string): boolean {
  return error instanceof Error && 'constraint' in error && error.constraint === constraint;
}

/** Whether PostgreSQL refused what a statement carries (SQLSTATE classes 22, data; 23, constraints), and would again. */
export function isContentError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^2[23]/.test(error.code);
}

/** Whether PostgreSQL ended a statement with one of these SQLSTATEs. */
export function hasSqlState(error: unknown, ...states: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && states.includes(String(error.code));
}

/** Whether the accept statement refused a group that matches more than is written at once (SQLSTATE of our own, class 22). */
export function isLargeFanOut(error: unknown): boolean {
  return hasSqlState(error, '22F01');
}

/** Whether a statement gave up a row that stayed locked (`lock_timeout`). */
export function isLockTimeout(error: unknown): boolean {
  return hasSqlState(error, '55P03');
}
