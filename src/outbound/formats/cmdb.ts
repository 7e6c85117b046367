import { type Confirmation, compileExpression, type Expression, statusesOf } from '../../domain/cmdbConfirmation';
import { cmdbTime } from '../../domain/cmdbTime';
import { isSuccess } from '../../domain/judgement';
import { LruMap } from '../../domain/lruMap';
import { PatternThread } from '../patternThread';
import type { CallbackFormat, Reading } from './format';

/** Program size times characters that are worth some milliseconds at most; beyond it the thread is asked. */
const QUICK_STEPS = 100_000;
const MAX_COMPILED = 1000;

/** cmdb.md, "Delivery policy"; `changes` goes out as the text that came in. */
export function createCmdbFormat(): CallbackFormat {
  const thread = new PatternThread();
  const compiled = new LruMap<string, Expression>(MAX_COMPILED);

  function expressionOf(pattern: string): Expression {
    const known = compiled.get(pattern);
    if (known) return known;
    const expression = compileExpression(pattern);
    compiled.set(pattern, expression);
    return expression;
  }

  /** The body decides, whatever the status. */
  function readBody(pattern: string, body: Uint8Array): Reading | Promise<Reading> {
    const text = new TextDecoder().decode(body);
    const expression = expressionOf(pattern);
    if (expression.programSize * text.length <= QUICK_STEPS) return readingOf(expression.isFoundIn(text));
    return thread.isFound({ pattern, text }).then(readingOf);
  }

  return {
    contentType: 'application/json',
    read({ statusCode, body }, interfaceData) {
      const { confirmMode, confirmPattern } = interfaceData as Readonly<Record<string, unknown>> & Confirmation;
      return confirmMode === 'regular' ? readBody(confirmPattern, body) : readStatusOf(confirmPattern, statusCode);
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

function readStatusOf(pattern: string, statusCode: number): Reading {
  if (statusesOf(pattern)?.includes(statusCode)) return { isAcknowledged: true, error: null };
  return {
    isAcknowledged: false,
    error: isSuccess(statusCode) ? `status ${statusCode} is not one of ${pattern}` : null,
  };
}

function readingOf(isFound: boolean | null): Reading {
  if (isFound) return { isAcknowledged: true, error: null };
  const error = isFound === null ? 'the answer could not be matched in time' : 'the answer does not match the pattern';
  return { isAcknowledged: false, error };
}
