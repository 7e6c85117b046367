import { callOf } from '../../neighbours/ask';
import { besideAttack } from './forms';

const ELEMENTS = 500_000;
const CALLS_PER_SECOND = 11;
const AT_ONCE = 22;

export const largeBodies = besideAttack({
  name: 'beside-large-bodies',
  what: 'one key sends bodies of 1 MB, an array of 500,000 numbers where 50 may stand, 11 times a second',
  async attack(lab, attacker) {
    const body = `{"topics":["a"],"callbackUrl":"http://127.0.0.1:1/","retry":[${Array(ELEMENTS).fill(0).join()}]}`;
    const calls = [attacker.callOf('POST', '/v1/subscriptions', body)];
    const begin = attacker.floods(lab, { calls, atOnce: AT_ONCE, perSecond: CALLS_PER_SECOND });
    return { begin };
  },
});

/** Below MAX_EVENT_BYTES as it is shipped. */
const EVENT_BYTES = 250_000;
const NUMBERS = `[${Array(EVENT_BYTES / 2 - 100)
  .fill(0)
  .join()}]`;
const PUBLISHERS = 20;
/** A hundredth of what a key may call. */
const PUBLISHES_PER_SECOND = 20;

export const largeEvents = besideAttack({
  name: 'beside-large-events',
  what: 'one key publishes events of 250 kB, 125,000 numbers each, 20 times a second under an Idempotency-Key',
  async attack(lab, attacker) {
    const head = '"event_source":"a","event_topic":"large","event_type":"b","event_status":"1"';
    const call = callOf(attacker.producerKey, 'POST', '/api/publish', `{${head},"changes":${NUMBERS}}`);
    const calls = [{ ...call, headers: { ...call.headers, 'idempotency-key': 'large' } }];
    const begin = attacker.floods(lab, { calls, atOnce: PUBLISHERS, perSecond: PUBLISHES_PER_SECOND });
    return { begin };
  },
});

const DATA_BYTES = 1_000_000;
const PINGS_AT_ONCE = 10;

export const largePings = besideAttack({
  name: 'beside-large-pings',
  what: 'one key tests its callback with 1 MB of data, 10 calls at once, as often as it can',
  async attack(lab, attacker) {
    const callbackUrl = await attacker.receives({});
    const data = `{${Array.from({ length: DATA_BYTES / 12 }, (_, index) => `"${String(index).padStart(6, '0')}":0`).join()}}`;
    const body = `{"callback_url":"${callbackUrl}","data":${data}}`;
    const calls = [attacker.callOf('POST', '/api/v3/event/subscribe/ping', body)];
    return { begin: attacker.floods(lab, { calls, atOnce: PINGS_AT_ONCE }) };
  },
});
