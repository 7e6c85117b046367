import { networkInterfaces } from 'node:os';
import { performance } from 'node:perf_hooks';
import { type Address, readAddress } from './addresses';

/** Reading the interfaces costs 130 µs, which is much for every connection. */
const INTERFACES_MS = 5_000;

/** The kernel takes a connection to the unspecified address for one to loopback. */
const LOCAL_RANGES = new Set(['loopback', 'unspecified']);

/** The addresses at which this machine reaches itself. */
export interface ThisMachine {
  /** One of the network interfaces has it. */
  hasInterface(address: Address): boolean;
  /** It leads back here: loopback, unspecified, or one of the interfaces. */
  has(address: Address): boolean;
}

/** @param ownAddresses Asked every few seconds, since addresses come and go. Default: those of the network interfaces. */
export function createThisMachine(ownAddresses: () => string[] = addressesOfInterfaces): ThisMachine {
  let known = new Set<string>();
  let readAtMs = Number.NEGATIVE_INFINITY;

  function hasInterface(address: Address): boolean {
    if (performance.now() - readAtMs > INTERFACES_MS) {
      known = new Set(ownAddresses().map((text) => String(readAddress(text) ?? text)));
      readAtMs = performance.now();
    }
    return known.has(address.toString());
  }

  return { hasInterface, has: (address) => LOCAL_RANGES.has(address.range()) || hasInterface(address) };
}

function addressesOfInterfaces(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map(({ address }) => address));
}
