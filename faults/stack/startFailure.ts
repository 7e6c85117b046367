/** Why a process could not start, by the line of its log that says so; otherwise all that `start` threw. */
export function findStartFailure(error: unknown): string {
  const line = String(error)
    .split('\n')
    .find((one) => one.includes('"event":"start.failed"'));
  if (line === undefined) return String(error);
  const { code, message }: { code?: string; message: string } = JSON.parse(line).err;
  return `${code ?? ''} ${message.trim().split('\n').at(-1)}`.trim();
}
