import { AsyncLocalStorage } from 'node:async_hooks';
import type { Knex } from 'knex';
import { claimKey, type RepeatableRequest, type StoredAnswer, storeAnswer } from './firstAnswers';

/** A call with an `Idempotency-Key`, while it is under way. */
export interface RepeatableCall {
  request: RepeatableRequest;
  /** Called in the transaction before anything is made. @throws QuotaExceeded */
  admit(trx: Knex.Transaction): Promise<void>;
  /** The call's answer, out of what was made. The route sets it before it makes something. */
  toAnswer(made: unknown): unknown;
  seal(answer: unknown): StoredAnswer;
}

/** Another call with the same key has committed meanwhile. Its answer is the answer of this one too. */
export class MadeAlready extends Error {
  constructor() {
    super('another call with this Idempotency-Key has made it');
    this.name = 'MadeAlready';
  }
}

const calls = new AsyncLocalStorage<RepeatableCall>();

/** It travels with the call: what makes something knows its transaction, not the request's header. */
export function asRepeatable<T>(call: RepeatableCall, work: () => T): T {
  return calls.run(call, work);
}

/** undefined: the call has no key. */
export function currentRepeatable(): RepeatableCall | undefined {
  return calls.getStore();
}

/**
 * Makes something in a transaction, and stores the call's answer beside it, so that neither is committed without the
 * other. Every POST that makes something comes through here, once. It begins after the app's lock, which every such
 * transaction takes first, and before everything that a second call with the same key would be refused for: quotas, names
 * that are taken.
 *
 * @throws MadeAlready when another call with the same key was first: the transaction must be rolled back.
 */
export async function makeOnce<Made>(trx: Knex.Transaction, make: () => Promise<Made>): Promise<Made> {
  const call = currentRepeatable();
  if (!call) return make();
  await call.admit(trx);
  if (!(await claimKey(trx, call.request))) throw new MadeAlready();
  const made = await make();
  await storeAnswer(trx, call.request, call.seal(call.toAnswer(made)));
  return made;
}
