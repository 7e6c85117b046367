import { FairSlots, type Seat } from '../domain/fairness/fairSlots';
import type { Caller } from './caller';
import type { CallOut, CallOutClient, Wait } from './callOut';
import { Refusal } from './errors';

/** At once, in this process: a tenant that is alone may have 32, more than a verification of all event tags needs. */
const AT_ONCE = 64;
/** With the 8 s of the longest test call, the answer still comes within the 10 s of every answer. */
const START_WITHIN_MS = 1_000;
const RETRY_AFTER_S = 1;

/**
 * Calls that somebody makes to try a callback: CMDB's ping and telnet, the gateway's verification. They have a client of
 * their own, so that they take no connection from deliveries, and are shared by tenant, then by key.
 */
export function createTestCalls(client: CallOutClient): CallOut {
  const slots = new FairSlots({ slots: AT_ONCE });

  async function inTurn<T extends { fault: unknown; error: string | null } | null>(
    caller: Caller,
    call: (wait: Wait) => Promise<T>,
  ): Promise<T> {
    const share = { tenantId: caller.tenantId ?? '', flow: caller.keyId };
    const enteredAtMs = performance.now();
    const seat = await seatWithin(slots, share);
    try {
      const startWithinMs = Math.max(0, START_WITHIN_MS - (performance.now() - enteredAtMs));
      const result = await call({ share, startWithinMs });
      if (result?.fault === 'unsent') throw new Refusal(503, `${result.error}; try again`, undefined, RETRY_AFTER_S);
      return result;
    } finally {
      slots.leave(seat);
    }
  }

  return {
    post: (caller, request) => inTurn(caller, (wait) => client.post({ ...request, ...wait })),
    async connect(caller, target) {
      const failure = await inTurn(caller, (wait) => client.connect({ ...target, ...wait }));
      return failure?.error ?? null;
    },
  };
}

/** @throws Refusal 429 when its turn does not come in time. */
function seatWithin(slots: FairSlots, share: { tenantId: string; flow: string }): Promise<Seat> {
  return new Promise((resolve, reject) => {
    const impatience = setTimeout(() => {
      if (slots.withdraw(seat)) reject(tooMany());
    }, START_WITHIN_MS);
    const seat: Seat = {
      ...share,
      start() {
        clearTimeout(impatience);
        resolve(seat);
      },
    };
    slots.enter(seat);
  });
}

function tooMany(): Refusal {
  const message = 'too many test calls of this tenant are under way; repeat it when they have ended';
  return new Refusal(429, message, undefined, RETRY_AFTER_S);
}
