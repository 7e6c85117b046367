import { FairSlots, type Seat } from '../../domain/fairness/fairSlots';
import type { ServersAnswer } from './askServers';
import { NameCache } from './nameCache';

/**
 * Look-ups at once, in this process. A tenant that is alone has a third of them for one subscription: its 22nd name waits
 * while the servers of 21 others are silent. Each look-up has a socket or two.
 */
const LOOKUPS_AT_ONCE = 64;
const A_TURN = 'a turn to look the name up, as many names of this tenant are being looked up';

export interface LookupRequest {
  /** The tenant that the look-up is for, and its subscription or whatever else asks: look-ups are shared out among these. */
  tenantId: string;
  flow: string;
  /** Aborted when the answer is needed no more: a look-up that waits for its turn is then dropped. */
  signal: AbortSignal;
  /** Called when it has to wait, since its tenant has all the look-ups under way that it may have; `onTurn` ends that. */
  onWaiting(forWhat: string): void;
  onTurn(): void;
}

/** Look-ups in DNS as tenants share them: in turns, one at a time for a name, each answer for as long as it holds. */
export class SharedLookups {
  readonly #slots = new FairSlots({ slots: LOOKUPS_AT_ONCE, perFlow: true });
  readonly #cache = new NameCache();
  readonly #underWay = new Map<string, Promise<ServersAnswer>>();

  /** @param ask resolves within a bounded time, which begins when it is called. */
  constructor(private readonly ask: (name: string) => Promise<ServersAnswer>) {}

  async find(name: string, request: LookupRequest): Promise<ServersAnswer> {
    return this.#known(name) ?? this.#inTurn(name, request);
  }

  /** Answered already, or being asked for whoever came first: then nobody asks beside it. */
  #known(name: string): Promise<ServersAnswer> | ServersAnswer | null {
    return this.#cache.get(name) ?? this.#underWay.get(name) ?? null;
  }

  #inTurn(name: string, { tenantId, flow, signal, onWaiting, onTurn }: LookupRequest): Promise<ServersAnswer> {
    return new Promise((resolve, reject) => {
      let isStarted = false;
      let isWaiting = false;
      const seat: Seat = {
        tenantId,
        flow,
        start: () => {
          isStarted = true;
          if (isWaiting) onTurn();
          this.#findNow(name, seat).then(resolve, reject);
        },
      };
      this.#slots.enter(seat);
      if (isStarted) return;
      isWaiting = true;
      onWaiting(A_TURN);
      signal.addEventListener('abort', () => this.#slots.withdraw(seat), { once: true });
    });
  }

  /** While it waited, somebody else may have asked for the name. */
  async #findNow(name: string, seat: Seat): Promise<ServersAnswer> {
    const known = this.#known(name);
    if (known) {
      this.#slots.leave(seat);
      return known;
    }
    const asked = this.#ask(name);
    this.#underWay.set(name, asked);
    return asked.finally(() => this.#slots.leave(seat));
  }

  async #ask(name: string): Promise<ServersAnswer> {
    try {
      const answer = await this.ask(name);
      this.#cache.set(name, answer);
      return answer;
    } finally {
      this.#underWay.delete(name);
    }
  }
}
