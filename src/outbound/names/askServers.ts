import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';

/**
 * A question is repeated after so long without an answer, since UDP loses packets: to the next server, or to the same one
 * again, then after twice as long.
 */
const REPEAT_AFTER_MS = 1_500;
const TRIES = 2;

/** glibc goes on to the next full name after these; after anything else, such as silence, it gives up. */
const GO_ON_AFTER: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'ESERVFAIL']);

/** `code` is one of c-ares, such as `ENOTFOUND` and `ETIMEOUT`. */
export type ServersAnswer =
  | { addresses: LookupAddress[]; ttlS: number; code: null }
  | { addresses: []; ttlS: 0; code: string };

/**
 * Asks the DNS servers of /etc/resolv.conf for the addresses of the first of `names` that has some, without a thread:
 * c-ares waits on sockets.
 *
 * Each look-up has a resolver of its own (60 µs). Its look-up alone ends with it at the deadline, and servers that do not
 * answer for one tenant's names are not avoided in the look-ups of another's. It reads resolv.conf each time.
 *
 * @param servers instead of those in resolv.conf.
 */
export async function askServers(
  names: readonly string[],
  { deadlineMs, servers }: { deadlineMs: number; servers?: readonly string[] },
): Promise<ServersAnswer> {
  const resolver = new Resolver({ timeout: REPEAT_AFTER_MS, tries: TRIES });
  if (servers) resolver.setServers(servers);
  let isLate = false;
  const deadline = setTimeout(() => {
    isLate = true;
    resolver.cancel();
  }, deadlineMs);
  try {
    let first: ServersAnswer | undefined;
    for (const name of names) {
      const answer = await ask(resolver, name);
      if (answer.code === null) return answer;
      if (isLate) return failed('ETIMEOUT');
      first ??= answer;
      if (!GO_ON_AFTER.has(answer.code)) return answer;
    }
    return first ?? failed('ENOTFOUND');
  } finally {
    clearTimeout(deadline);
  }
}

/** IPv4 and IPv6 at once. When only one of them is answered, by the deadline or at all, that is the answer. */
async function ask(resolver: Resolver, name: string): Promise<ServersAnswer> {
  const answers = await Promise.allSettled([
    resolver.resolve4(name, { ttl: true }),
    resolver.resolve6(name, { ttl: true }),
  ]);
  const found = answers.flatMap((answer, i) =>
    answer.status === 'fulfilled'
      ? answer.value.map(({ address, ttl }) => ({ address, ttl, family: i === 0 ? 4 : 6 }))
      : [],
  );
  if (found.length > 0) {
    const addresses = found.map(({ address, family }) => ({ address, family }));
    return { addresses, ttlS: Math.min(...found.map(({ ttl }) => ttl)), code: null };
  }
  const codes = answers.map((answer) =>
    answer.status === 'rejected' ? ((answer.reason as { code?: string }).code ?? 'EBADRESP') : 'ENODATA',
  );
  // The name does not exist, whatever became of the other question; else the more telling of the two.
  return failed(codes.find((code) => code === 'ENOTFOUND') ?? codes.find((code) => code !== 'ENODATA') ?? 'ENODATA');
}

function failed(code: string): ServersAnswer {
  return { addresses: [], ttlS: 0, code };
}
