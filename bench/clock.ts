/** Microseconds of a clock that all processes of this machine share and nobody sets. Only differences mean something. */
export function nowUs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1e3;
}
