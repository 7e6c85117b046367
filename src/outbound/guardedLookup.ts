import type { lookup as dnsLookup, LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { CallFault } from './classifyFault';
import type { EgressPolicy } from './egressPolicy';

export type DnsLookup = typeof dnsLookup;
type Waiting = (error: CallFault | null, addresses: LookupAddress[]) => void;
/** Gives the `lookup` of a socket that connects to this port. */
type GuardedLookup = (port: number) => LookupFunction;

/**
 * A `lookup` for sockets that gives only addresses which may be called: when one answer of a name is refused, the name
 * is (a receiver that mixes public and private answers wants the second try to reach the private one). The socket
 * connects to what this gives, so nothing resolves the name again between the check and the connection.
 *
 * Sockets that ask for the same name at the same time share one question: the resolver has as many threads as libuv
 * gives it (two, unless UV_THREADPOOL_SIZE says otherwise), and a name whose server does not answer must not take them
 * all.
 */
export function createGuardedLookup({ egress, lookup }: { egress: EgressPolicy; lookup: DnsLookup }): GuardedLookup {
  const asked = new Map<string, Waiting[]>();

  function resolve(hostname: string, done: Waiting): void {
    const others = asked.get(hostname);
    if (others) {
      others.push(done);
      return;
    }
    const waiting = [done];
    asked.set(hostname, waiting);
    lookup(hostname, { all: true }, (error, addresses) => {
      asked.delete(hostname);
      const fault = error ? dnsFault(hostname, error) : null;
      for (const each of waiting) each(fault, addresses);
    });
  }

  return (port) => (hostname, options, callback) => {
    resolve(hostname, (dnsError, addresses) => {
      const [first] = addresses ?? [];
      const fault = dnsError ?? refusalFault({ hostname, addresses, port, egress });
      if (fault || !first) callback(fault ?? dnsFault(hostname, { code: 'ENODATA' }), '');
      else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

function dnsFault(hostname: string, error: { code?: string }): CallFault {
  return new CallFault('dns', `${hostname} does not resolve (${error.code ?? 'no answer'})`);
}

/** Names no address: which private addresses a name has is not for the subscriber to learn. */
function refusalFault(answer: {
  hostname: string;
  addresses: LookupAddress[];
  port: number;
  egress: EgressPolicy;
}): CallFault | null {
  for (const { address } of answer.addresses) {
    const refusal = answer.egress.refusalOf(address, answer.port);
    if (refusal) return new CallFault('egress', `${answer.hostname} may not be called, it resolves to: ${refusal}`);
  }
  return null;
}
