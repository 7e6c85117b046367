import type { Share } from '../../domain/fairness/fairQueue';
import { FairSlots, type Seat } from '../../domain/fairness/fairSlots';

/**
 * Calls to one host at once. A subscription that is alone may have a third of them, so that it gets its `maxInFlight`, 100
 * at most; its tenant half, so that another tenant finds 200 free, whatever hangs.
 */
const PER_HOST = 400;
/**
 * Calls at once in this process, each of which has a socket; with those of the API (5,000) and the idle ones (1,000) some
 * 10,500 open files. It also bounds a tenant whose host names all lead to one machine: half of it when it is alone.
 */
const IN_ALL = 4_000;

/** Hosts whose slots are kept though nobody uses them, since most are used again soon. */
const MAX_REMEMBERED = 1_000;

export interface ConnectionWanted {
  host: string;
  tenantId: string;
  subscriptionId: string;
  /** It has the right to a connection: leads to `leave` exactly once. */
  start(): void;
}

/** A right to a connection, wanted or held. */
export interface Ticket {
  host: string;
  atHost: Seat;
  inProcess: Seat;
}

/**
 * The right to a connection, shared by tenant, then by subscription: first one of its host's, then one of the process's.
 * In this order, since whoever waits for the process then holds back its own tenant only, within its part of the host.
 */
export class CallSlots {
  private readonly process = new FairSlots({ slots: IN_ALL });
  private readonly hosts = new Map<string, FairSlots>();

  ticketFor(wanted: ConnectionWanted): Ticket {
    const { host, tenantId, subscriptionId: flow } = wanted;
    const inProcess = { tenantId, flow, start: () => wanted.start() };
    const atHost = { tenantId, flow, start: () => this.process.enter(inProcess) };
    return { host, atHost, inProcess };
  }

  /** Calls `start` at once, or when its turn has come. */
  enter({ host, atHost }: Ticket): void {
    this.hostOf(host).enter(atHost);
  }

  /** Takes out one that was not started. @returns false when it was. */
  withdraw({ host, atHost, inProcess }: Ticket): boolean {
    if (this.hostOf(host).withdraw(atHost)) return true;
    if (!this.process.withdraw(inProcess)) return false;
    this.leaveHost(host, atHost);
    return true;
  }

  leave({ host, atHost, inProcess }: Ticket): void {
    this.process.leave(inProcess);
    this.leaveHost(host, atHost);
  }

  private leaveHost(host: string, share: Share): void {
    const slots = this.hostOf(host);
    slots.leave(share);
    if (this.hosts.size > MAX_REMEMBERED && slots.heldCount === 0 && slots.waitingCount === 0) this.hosts.delete(host);
  }

  private hostOf(host: string): FairSlots {
    let slots = this.hosts.get(host);
    if (!slots) {
      slots = new FairSlots({ slots: PER_HOST, perFlow: true });
      this.hosts.set(host, slots);
    }
    return slots;
  }
}
