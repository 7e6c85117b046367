import type { Share } from '../domain/fairness/fairQueue';
import { FairSlots, type Seat } from '../domain/fairness/fairSlots';
import type { Caller } from './caller';
import type { CallOut, CallOutAnswer, CallOutRequest } from './callOut';
import { Refusal } from './errors';

/**
 * Calls that one key may cause a second, and at once after a rest: a registration for every tag of the gateway's
 * catalogue fits in twice, and a search through a thousand ports takes minutes.
 */
export const TEST_CALLS_PER_KEY = { perSecond: 5, burst: 40 };

/** Test calls of this process that are under way. One tenant alone has half of them. */
const SLOTS = 32;

/** A slot that does not come free in this time leaves too little of the ten seconds in which every call is answered. */
const SLOT_WITHIN_MS = 1_000;

/**
 * A call that failed is answered no sooner: a refused address costs no packet and a closed port one round trip, and
 * whoever asks must not be able to tell the one from the other.
 */
const FAILS_AFTER_MS = 1_000;

/** Tokens by key. @returns 0, or the seconds until there are so many. */
export interface Quota {
  take(key: string, tokens?: number): number;
}

/**
 * Calls that a caller makes to see whether somebody is there: ping, telnet, the verification of a callback. None of them
 * says why there was no answer.
 */
export interface TestCalls {
  /** Pays for this many calls, before the first of them. @throws Refusal 429. */
  pay(caller: Caller, calls: number): void;
  /** @throws Refusal 429 when too many are under way. */
  post(caller: Caller, request: CallOutRequest): Promise<CallOutAnswer>;
  /** @returns whether there was a connection. @throws Refusal 429 when too many are under way. */
  connect(caller: Caller, target: { url: string; timeoutMs: number }): Promise<boolean>;
}

export interface TestCallsOptions {
  callOut: CallOut;
  quota: Quota;
  /** Defaults: SLOTS, SLOT_WITHIN_MS, FAILS_AFTER_MS. */
  slots?: number;
  slotWithinMs?: number;
  failsAfterMs?: number;
}

export function createTestCalls(options: TestCallsOptions): TestCalls {
  const { callOut, quota, slotWithinMs = SLOT_WITHIN_MS, failsAfterMs = FAILS_AFTER_MS } = options;
  const slots = new FairSlots({ slots: options.slots ?? SLOTS });

  async function call<T>(caller: Caller, work: () => Promise<T>, hasFailed: (result: T) => boolean): Promise<T> {
    const seat = await takeSeat(slots, { tenantId: caller.tenantId ?? '', flow: caller.keyId }, slotWithinMs);
    const startedAtMs = performance.now();
    const result = await work().finally(() => slots.leave(seat));
    // Without the slot: who waits here uses nothing.
    if (hasFailed(result)) await sleep(failsAfterMs - (performance.now() - startedAtMs));
    return result;
  }

  return {
    pay({ keyId }, calls) {
      const waitS = quota.take(keyId, calls);
      if (waitS === 0) return;
      const { perSecond, burst } = TEST_CALLS_PER_KEY;
      const rule = `a key may cause ${perSecond} test calls a second, ${burst} at once after a rest`;
      throw new Refusal(429, `too many test calls: ${rule}`, undefined, waitS);
    },
    post: (caller, request) =>
      call(
        caller,
        () => callOut.post(request),
        ({ statusCode }) => statusCode === null,
      ),
    async connect(caller, target) {
      const failure = await call(
        caller,
        () => callOut.connect(target),
        (reason) => reason !== null,
      );
      return failure === null;
    },
  };
}

function takeSeat(slots: FairSlots, share: Share, withinMs: number): Promise<Seat> {
  return new Promise((resolve, reject) => {
    const tooLate = () => {
      if (slots.withdraw(seat))
        reject(new Refusal(429, 'too many test calls of this tenant are under way', undefined, 1));
    };
    const timer = setTimeout(tooLate, withinMs);
    const seat: Seat = {
      ...share,
      start: () => {
        clearTimeout(timer);
        resolve(seat);
      },
    };
    slots.enter(seat);
  });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
