import { asked, callOf } from '../../neighbours/ask';
import { subscribeCmdb } from '../../neighbours/cmdb';
import { watchMemory } from '../../neighbours/memory';
import { insertDeliveries, insertFailures, subscribeAttacker } from '../../neighbours/subscriptions';
import { besideAttack } from './forms';

/** Each with as many attempts as its policy has, and 4 KiB of each answer: some 35 MB a page. */
const FAILED = 500;
const LISTS_AT_ONCE = 20;

export const largeAnswers = besideAttack({
  name: 'beside-large-answers',
  what: 'the largest page of deliveries that there can be, read by 20 callers at once, on and on',
  async attack(lab, attacker) {
    const { topic } = attacker;
    const subscription = await subscribeAttacker(lab, attacker, { topic, callbackUrl: await attacker.receives({}) });
    await insertFailures(lab, attacker, { ...subscription, count: FAILED });
    const calls = [attacker.callOf('GET', `/v1/deliveries?limit=${FAILED}`)];
    return { begin: attacker.floods(lab, { calls, atOnce: LISTS_AT_ONCE }), judge: watchMemory(lab).judge };
  },
});

const UNREAD_CONNECTIONS = 100;

export const unreadAnswers = besideAttack({
  name: 'beside-unread-answers',
  what: 'the largest page of deliveries on 100 connections that take none of it',
  async attack(lab, attacker) {
    const { topic } = attacker;
    const subscription = await subscribeAttacker(lab, attacker, { topic, callbackUrl: await attacker.receives({}) });
    await insertFailures(lab, attacker, { ...subscription, count: FAILED });
    const headers = { authorization: attacker.subscriberKey };
    const call = { path: `/v1/deliveries?limit=${FAILED}`, headers, depth: 1, connections: UNREAD_CONNECTIONS };
    const begin = async () => {
      const open = lab.stack.apis.map(({ url }) => attacker.child.call('unread', { url, ...call }));
      return async () => {
        await attacker.child.call('stop');
        await Promise.all(open);
      };
    };
    return { begin, judge: watchMemory(lab).judge };
  },
});

const COUNTED = { short: 200_000, full: 1_000_000 };
const SEARCHES_AT_ONCE = 20;

export const countedSearches = besideAttack({
  name: 'beside-counted-searches',
  leavesMuch: true,
  what: 'searches of the CMDB, whose statistics count a million deliveries, by 20 callers at once',
  async attack(lab, attacker) {
    const { topic } = attacker;
    const settings = { name: 'counted', callbackUrl: await attacker.receives({}), form: topic };
    const { id } = await subscribeCmdb(lab, attacker, settings);
    const count = lab.short ? COUNTED.short : COUNTED.full;
    await insertDeliveries(lab, attacker, { id, topic, count, state: 'delivered' });
    const path = `/api/v3/event/subscribe/search/${attacker.tenantId}/1`;
    const calls = [attacker.callOf('POST', path, { page: { start: 0, limit: 200 } })];
    return { begin: attacker.floods(lab, { calls, atOnce: SEARCHES_AT_ONCE }) };
  },
});

const RETRIED = 10_000;
const RETRIES_AT_ONCE = 50;

export const retriedDeliveries = besideAttack({
  name: 'beside-retries',
  leavesMuch: true,
  what: '10,000 failed deliveries are retried by hand, 50 at once, at a receiver that refuses them again',
  async attack(lab, attacker) {
    const { topic } = attacker;
    const callbackUrl = await attacker.receives({ status: 400 });
    const subscription = await subscribeAttacker(lab, attacker, { topic, callbackUrl, retry: [] });
    await insertFailures(lab, attacker, { ...subscription, count: RETRIED, attempts: 0 });
    const rows = await lab.stack.postgres.query<{ id: string }>(
      'SELECT id FROM deliveries WHERE subscription_id = $1',
      [subscription.id],
    );
    const calls = rows.map(({ id }) => attacker.callOf('POST', `/v1/deliveries/${id}/retry`));
    return { begin: attacker.floods(lab, { calls, atOnce: RETRIES_AT_ONCE }) };
  },
});

const TOPICS = 1000;
const REGISTRATIONS_PER_SECOND = 4;

export const swappedTopics = besideAttack({
  name: 'beside-swapped-topics',
  leavesMuch: true,
  what: "a data push registration's 1,000 topics, each with a lane of its own, are swapped 4 times a second",
  async attack(lab, attacker) {
    const { tenantId, appId } = attacker;
    await lab.stack.postgres.query(
      `INSERT INTO topics (topic, name) SELECT letter || n, 'Faults' FROM generate_series(1, $1::integer) AS n,
       unnest(ARRAY['faults-a', 'faults-b']) AS letter ON CONFLICT DO NOTHING`,
      [TOPICS],
    );
    const webhookUrl = await attacker.receives({});
    const calls = ['a', 'b'].map((letter) => {
      const topicList = Array.from({ length: TOPICS }, (_, index) => `faults-${letter}${index + 1}`);
      return attacker.callOf('POST', '/topics/subscribe', { tenantId, appId, webhookUrl, topicList });
    });
    await asked(lab, calls[0] ?? callOf('', '', ''));
    const flood = { calls, atOnce: REGISTRATIONS_PER_SECOND, perSecond: REGISTRATIONS_PER_SECOND };
    return { begin: attacker.floods(lab, flood) };
  },
});

const KEYS = 20_000;
const STRANGERS_AT_ONCE = 200;

export const madeUpKeys = besideAttack({
  name: 'beside-made-up-keys',
  what: 'calls with 20,000 keys that nobody has, 200 at once, each of which must be looked up',
  async attack(lab, attacker) {
    const calls = Array.from({ length: KEYS }, (_, index) =>
      callOf(`pr_stranger${index}_${'x'.repeat(43)}`, 'GET', '/v1/subscriptions'),
    );
    return { begin: attacker.floods(lab, { calls, atOnce: STRANGERS_AT_ONCE }) };
  },
});
