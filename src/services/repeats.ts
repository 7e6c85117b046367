import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Knex } from 'knex';
import { findFirstAnswer, type RepeatableRequest } from '../db/firstAnswers';
import { asRepeatable, currentRepeatable, type RepeatableCall } from '../db/makeOnce';
import { inTurn } from '../db/rowTurns';
import type { Caller } from './caller';
import { Conflict, Refusal } from './errors';
import type { Quotas } from './quotas';
import type { SecretBox } from './secretBox';

/** A call as its caller repeats it. */
export interface Repeatable {
  caller: Caller;
  key: string;
  /** SHA-256 of method, path and body. */
  requestHash: Buffer;
}

export interface Repeated<Answer> {
  answer: Answer;
  /** An earlier call made what the answer says. */
  isRepeat: boolean;
}

export interface Repeats {
  /**
   * Answers like the first call with this key that made something, for 24 hours. What was refused is not remembered: it is
   * tried again. Equal calls come one after another.
   *
   * @param answering uses `answerOnce` for what it makes. Its answer is JSON.
   * @throws Refusal 409 when the key was used for another request; QuotaExceeded; what `answering` throws.
   */
  answer<Answer>(call: Repeatable, answering: () => Promise<Answer>): Promise<Repeated<Answer>>;
}

interface RepeatsDeps {
  db: Knex;
  secretBox: SecretBox;
  quotas: Quotas;
}

export function createRepeats({ db, secretBox, quotas }: RepeatsDeps): Repeats {
  /** null: nothing was made yet. @throws Refusal 409 for another request. */
  async function find<Answer>(request: RepeatableRequest): Promise<Repeated<Answer> | null> {
    const first = await findFirstAnswer(db, request);
    if (!first) return null;
    if (!first.requestHash.equals(request.requestHash)) {
      throw new Conflict(
        'idempotency_key_reused',
        'this Idempotency-Key was used for another request',
        'Idempotency-Key',
      );
    }
    const text = secretBox.open(first, contextOf(request));
    return { answer: JSON.parse(inflateRawSync(Buffer.from(text, 'base64')).toString()), isRepeat: true };
  }

  function callOf(request: RepeatableRequest): RepeatableCall {
    const owner = request.owner.toString('hex');
    return {
      request,
      admit: (trx) => quotas.require(trx, { of: 'repeatableCallsPerApp', owner }),
      toAnswer: () => undefined,
      // A list of topics shrinks to a tenth, and the bound of what an app can store is one of rows.
      seal: (answer) => secretBox.seal(deflateRawSync(JSON.stringify(answer)).toString('base64'), contextOf(request)),
    };
  }

  return {
    answer<Answer>(call: Repeatable, answering: () => Promise<Answer>) {
      const request = requestOf(call);
      return inTurn(db, [{ key: contextOf(request), mode: 'exclusive' }], async (): Promise<Repeated<Answer>> => {
        const known = await find<Answer>(request);
        if (known) return known;
        try {
          return { answer: await asRepeatable(callOf(request), answering), isRepeat: false };
        } catch (error) {
          // Another process was faster, or the connection broke after the commit and before its answer.
          const madeMeanwhile = await find<Answer>(request).catch((fault) => {
            throw fault instanceof Refusal ? fault : error;
          });
          if (madeMeanwhile) return madeMeanwhile;
          throw error;
        }
      });
    },
  };
}

/**
 * Makes something and answers with it. Where the call carries an `Idempotency-Key`, its answer is stored in the transaction
 * of `make`, by `makeOnce` (db/makeOnce.ts).
 *
 * @param toAnswer called with what was made, before the commit and after it; it answers the same both times.
 */
export async function answerOnce<Made, Answer>(
  make: () => Promise<Made>,
  toAnswer: (made: Made) => Answer,
): Promise<Answer> {
  const call = currentRepeatable();
  if (call) call.toAnswer = (made) => toAnswer(made as Made);
  return toAnswer(await make());
}

/** A key belongs to its app, and there to one portal user or to the operators; without an app, to the API key. */
function requestOf({ caller, key, requestHash }: Repeatable): RepeatableRequest {
  const { keyId, tenantId, appId, roles, subject } = caller;
  const owner = appId === null ? [keyId] : [tenantId, appId, subject, roles.includes('operator')];
  return { owner: sha256(JSON.stringify(owner)), key: sha256(key), requestHash };
}

function contextOf({ owner, key }: RepeatableRequest): string {
  return `first answer ${owner.toString('hex')} ${key.toString('hex')}`;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
