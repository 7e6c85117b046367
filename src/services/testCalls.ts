import { FairSlots } from '../domain/fairness/fairSlots';
import type { Fault } from '../domain/fault';
import type { Caller } from './caller';
import type { CallOut, CallOutAnswer, CallOutRequest, Wait } from './callOut';
import { Refusal } from './errors';

/**
 * Calls that one key may cause a second, and at once after a rest: a registration for every tag of the gateway's
 * catalogue fits in twice, and a search through a thousand ports takes minutes.
 */
export const TEST_CALLS_PER_KEY = { perSecond: 5, burst: 40 };

/** Test calls of this process that are under way. One tenant alone has half of them. */
const SLOTS = 64;

/** For a slot and a turn to look the name up. With more, too little of the ten seconds of every answer would be left. */
const START_WITHIN_MS = 1_000;

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
  /** @throws Refusal 429 when too many are under way; 503 when something of ours is lacking. */
  post(caller: Caller, request: CallOutRequest): Promise<CallOutAnswer>;
  /** @returns whether there was a connection. @throws Refusal as for `post`. */
  connect(caller: Caller, target: { url: string; timeoutMs: number }): Promise<boolean>;
}

export interface TestCallsOptions {
  callOut: CallOut;
  quota: Quota;
  /** Defaults: SLOTS, START_WITHIN_MS, FAILS_AFTER_MS. */
  slots?: number;
  startWithinMs?: number;
  failsAfterMs?: number;
}

export function createTestCalls(options: TestCallsOptions): TestCalls {
  const { callOut, quota, failsAfterMs = FAILS_AFTER_MS } = options;
  const slots = new FairSlots({ slots: options.slots ?? SLOTS });

  /** @param isFailed whether nobody answered. */
  async function call<T extends { fault: Fault | null } | null>(
    caller: Caller,
    work: (wait: Wait) => Promise<T>,
    isFailed: (result: T) => boolean,
  ): Promise<T> {
    const share = { tenantId: caller.tenantId ?? '', flow: caller.keyId };
    const startBefore = performance.now() + (options.startWithinMs ?? START_WITHIN_MS);
    const seat = await slots.enterWithin(share, startBefore - performance.now());
    if (!seat) throw new Refusal(429, 'too many test calls of this tenant are under way', undefined, 1);
    const startedAtMs = performance.now();
    const wait = { share, startWithinMs: Math.max(0, startBefore - startedAtMs) };
    const result = await work(wait).finally(() => slots.leave(seat));
    if (result?.fault === 'unsent')
      throw new Refusal(503, 'this server could not make the call now, so nobody was called; try again', undefined, 1);
    // Without the slot: who waits here uses nothing.
    if (isFailed(result)) await sleep(failsAfterMs - (performance.now() - startedAtMs));
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
    async post(caller, request) {
      const { statusCode, fault, body, redirect } = await call(
        caller,
        (wait) => callOut.post({ ...request, ...wait, isAnswerRead: true }),
        (answer) => answer.fault !== null,
      );
      return { statusCode: fault === null ? statusCode : null, body, redirect };
    },
    async connect(caller, target) {
      const failure = await call(
        caller,
        (wait) => callOut.connect({ ...target, ...wait }),
        (reason) => reason !== null,
      );
      return failure === null;
    },
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
