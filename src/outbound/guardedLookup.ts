import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { CallFault } from './classifyFault';
import type { EgressPolicy } from './egressPolicy';
import type { LookupRequest, NameLookup } from './names/nameLookup';

/**
 * A `lookup` for the socket of one connection that gives only addresses which may be called: when one answer of a name is
 * refused, the name is (a receiver that mixes public and private answers wants the second try to reach the private one).
 * The socket connects to what this gives, so nothing resolves the name again between the check and the connection. An
 * answer that was kept from an earlier look-up is checked like a new one.
 *
 * @param port that the connection is for: our own servers are refused by address and port.
 */
export function createGuardedLookup(
  { egress, lookup, port }: { egress: EgressPolicy; lookup: NameLookup; port: number },
  request: LookupRequest,
): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, request, (error, addresses) => {
      const fault = error ? dnsFault(hostname, error) : refusalFault({ hostname, addresses, port, egress });
      const [first] = addresses;
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
