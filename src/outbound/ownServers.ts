import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { type Address, formsOf, readAddress } from './addresses';
import { createThisMachine, type ThisMachine } from './thisMachine';

/** A server by its host, which is a name or an IP address, and its port. */
export interface Endpoint {
  host: string;
  port: number;
}

/** Names its servers as they are now. */
export type EndpointSource = () => Endpoint[] | Promise<Endpoint[]>;

export type Resolve = (host: string) => Promise<string[]>;

/**
 * How long an address counts after it was last seen. A name with many addresses gives other ones each time, and a
 * server that has moved may still listen where it was.
 */
const REMEMBERED_MS = 10 * 60_000;

export interface OwnServersOptions {
  /** Default: as the clients of PostgreSQL and Temporal resolve it. */
  resolve?: Resolve;
  machine?: ThisMachine;
  nowMs?: () => number;
}

/**
 * The servers of this installation, which no call that a caller can cause may reach. A server on this machine is
 * reached by every address of this machine, whatever it listens on: only the port tells it from a receiver.
 */
export class OwnServers {
  private readonly sources: EndpointSource[] = [];
  /** By port: each address, and until when it counts. */
  private readonly known = new Map<number, Map<string, { address: Address; untilMs: number }>>();
  private refreshing: Promise<void> | null = null;
  private readonly resolve: Resolve;
  private readonly machine: ThisMachine;
  private readonly nowMs: () => number;

  constructor({ resolve = resolveAsClientsDo, machine = createThisMachine(), nowMs }: OwnServersOptions = {}) {
    this.resolve = resolve;
    this.machine = machine;
    this.nowMs = nowMs ?? (() => performance.now());
  }

  /** From its end on these servers are refused. */
  async add(source: EndpointSource): Promise<void> {
    this.sources.push(source);
    await this.learn(source);
  }

  /** Names and ports change: to be called every few seconds. A name that does not resolve keeps the addresses it had. */
  refresh(): Promise<void> {
    // A resolver that is silent for longer than that must not be asked more and more.
    this.refreshing ??= this.learnAll().finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  has(address: Address, port: number): boolean {
    const known = this.known.get(port);
    if (!known) return false;
    const forms = formsOf(address);
    const isHere = forms.some((form) => this.machine.has(form));
    for (const { address: own } of known.values()) {
      if (isHere && this.machine.has(own)) return true;
      if (forms.some((form) => form.toString() === own.toString())) return true;
    }
    return false;
  }

  private async learnAll(): Promise<void> {
    await Promise.all(this.sources.map((source) => this.learn(source)));
    this.forget();
  }

  private async learn(source: EndpointSource): Promise<void> {
    const endpoints = await source();
    await Promise.all(
      endpoints.map(async ({ host, port }) => {
        const addresses = readAddress(host) ? [host] : await this.resolve(host).catch(() => []);
        const untilMs = this.nowMs() + REMEMBERED_MS;
        for (const text of addresses) {
          const address = readAddress(text);
          if (address) this.at(port).set(address.toString(), { address, untilMs });
        }
      }),
    );
  }

  private at(port: number): Map<string, { address: Address; untilMs: number }> {
    const known = this.known.get(port) ?? new Map();
    this.known.set(port, known);
    return known;
  }

  private forget(): void {
    for (const [port, addresses] of this.known) {
      for (const [text, { untilMs }] of addresses) if (untilMs < this.nowMs()) addresses.delete(text);
      if (addresses.size === 0) this.known.delete(port);
    }
  }
}

function resolveAsClientsDo(host: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    dnsLookup(host, { all: true }, (error, addresses: LookupAddress[]) => {
      if (error) reject(error);
      else resolve(addresses.map(({ address }) => address));
    });
  });
}
