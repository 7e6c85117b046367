import { type Confirmation, compileQuickExpression, type Expression, statusesOf } from '../../domain/cmdbConfirmation';
import { cmdbTime } from '../../domain/cmdbTime';
import type { Share } from '../../domain/fairness/fairQueue';
import { isSuccess } from '../../domain/judgement';
import { LruMap } from '../../domain/lruMap';
import type { Patterns } from '../patterns/patterns';
import { type CallbackFormat, jsonContentType, type Reading } from './format';

/** Program size times bytes that are worth half a millisecond at most; beyond it the thread is asked. */
const QUICK_STEPS = 10_000;
const MAX_COMPILED = 1000;

/** cmdb.md, "Delivery policy"; `changes` goes out as the text that came in. */
export function createCmdbFormat(patterns: Pick<Patterns, 'isFound'>): CallbackFormat {
  const compiled = new LruMap<string, Expression | null>(MAX_COMPILED);

  function quickExpression(pattern: string): Expression | null {
    const known = compiled.get(pattern);
    if (known !== undefined) return known;
    const expression = compileQuickExpression(pattern);
    compiled.set(pattern, expression);
    return expression;
  }

  /** The body decides, whatever the status. */
  function readBody(pattern: string, body: Uint8Array, share: Share): Reading | Promise<Reading> {
    const expression = quickExpression(pattern);
    if (expression && expression.programSize * body.length <= QUICK_STEPS) {
      return readingOf(expression.isFoundIn(new TextDecoder().decode(body)));
    }
    return patterns.isFound({ pattern, body, share }).then(readingOf);
  }

  return {
    contentTypeOf: jsonContentType,
    isAnswerRead: true,
    read({ statusCode, body }, { interfaceData, share }) {
      const { confirmMode, confirmPattern } = interfaceData as Readonly<Record<string, unknown>> & Confirmation;
      if (confirmMode === 'regular') return readBody(confirmPattern, body, share);
      return readStatusOf(confirmPattern, statusCode);
    },
    body({ topic, event }) {
      const head = JSON.stringify({
        event_id: event.id,
        event_type: topic,
        action: event.type,
        action_time: cmdbTime(event.acceptedAt),
        obj_type: event.topic,
        bk_supplier_account: event.tenantId,
        request_id: event.id,
      });
      return Buffer.from(`${head.slice(0, -1)},"data":${event.changes}}`);
    },
  };
}

const ACKNOWLEDGED: Reading = { isAcknowledged: true, fault: null, error: null };

function readStatusOf(pattern: string, statusCode: number): Reading {
  if (statusesOf(pattern)?.includes(statusCode)) return ACKNOWLEDGED;
  if (!isSuccess(statusCode)) return { isAcknowledged: false, fault: null, error: null };
  const error = `status ${statusCode} is not one of ${pattern}`;
  return { isAcknowledged: false, fault: 'status_not_expected', error };
}

function readingOf(isFound: boolean | null): Reading {
  if (isFound) return ACKNOWLEDGED;
  if (isFound === null) {
    const error = 'the pattern could not be evaluated for this answer, however long it was given';
    return { isAcknowledged: false, fault: 'pattern_not_evaluated', error };
  }
  return { isAcknowledged: false, fault: 'pattern_not_found', error: 'the answer does not match the pattern' };
}
