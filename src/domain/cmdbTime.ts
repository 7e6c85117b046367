/** `YYYY-MM-DD HH:mm:ss`, UTC: every time of the CMDB's (cmdb.md, Decisions). */
export function cmdbTime(at: Date): string {
  return at.toISOString().slice(0, 19).replace('T', ' ');
}
