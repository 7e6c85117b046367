import { waitFor } from '../../src/embedded/processes';
import { type Account, call, listDeliveries, makeAccount, must } from '../support/api';
import { expectNone, formsOf, logsOf, marker, startWatched, type Watched } from './secretsSetup';

jest.setTimeout(120_000);

const FROZEN = 'MOZI_BUC_ACCOUNT_MODIFY_REALM|frozen';
const JSON_API = { 'content-type': 'application/vnd.api+json' };
const TERM = '18926ba9-4a93-429d-ae63-27836af5d366';

/** What is of one party, planted where its interface lets it in. */
const PAYLOAD = marker('payload');
const ANSWER = marker('answer');
const TOKEN = marker('token');
const PASSWORD = marker('password');
const PATTERN = marker('pattern');
const TARGET = marker('target');
const TITLE = marker('title');
const USER = marker('user');
const EVERYTHING = [PAYLOAD, ANSWER, TOKEN, PASSWORD, PATTERN, TARGET, TITLE, USER];

let watched: Watched;
let account: Account;
let secrets: string[];

beforeAll(async () => {
  watched = await startWatched();
  account = await makeAccount(watched.product);
  await subscribeEverywhere();
  await publishEverywhere();
  await beRefusedEverywhere();
});
afterAll(() => watched?.stop());

/** Some callbacks carry a token of their owner's in their query. */
const callback = (path: string) => watched.receiver.url(`${path}?token=${TOKEN}`);
const body = `{"errcode":"0","said":"${ANSWER}"}`;
const cmdbBody = (path: string, more: object) => ({
  ...{ subscription_name: path, system_name: 'system', callback_url: callback(path), subscription_form: 'hostcreate' },
  ...{ confirm_mode: 'httpstatus', confirm_pattern: '200', timeout: 10 },
  ...more,
});

async function subscribeEverywhere(): Promise<void> {
  const { operator, subscriber, tenantId, appId, topic } = account;
  for (const path of ['/push', '/cmdb', '/gateway', '/portal']) watched.receiver.on(path, { body });
  const registration = { tenantId, appId, webhookUrl: callback('/push'), topicList: [topic] };
  await must(subscriber, 'POST', '/topics/subscribe', registration);

  const place = `/api/v3/event/subscribe/${tenantId}/2`;
  await must(subscriber, 'POST', place, cmdbBody('/cmdb', { confirm_mode: 'regular', confirm_pattern: PATTERN }));
  const tested = { callback_url: callback('/cmdb'), data: { text: PAYLOAD } };
  const { data } = await must(subscriber, 'POST', '/api/v3/event/subscribe/ping', tested);
  expect(JSON.stringify(data)).toContain(ANSWER);
  await must(subscriber, 'POST', '/gateway/callbacks', { eventTag: FROZEN, callbackUrl: callback('/gateway') });
  // From here on it fails: what it says is kept with the attempt.
  watched.receiver.on('/gateway', { status: 500, body });

  await must(operator, 'PATCH', `/v1/apps/${tenantId}/${appId}`, { callbackUrl: callback('/portal') });
  await must(operator, 'PUT', '/v1/target-types/7', { name: 'News', uuid: TERM });
  const user = await must(operator, 'POST', '/v1/keys', { tenantId, appId, roles: ['subscriber'], subject: USER });
  const asUser = { url: operator.url, key: user.key };
  await must(asUser, 'POST', '/portal/api/v2/subscription/subscription', portalBody({ title: TITLE }), JSON_API);

  const { data: subscriptions } = await must(subscriber, 'GET', '/v1/subscriptions');
  expect(subscriptions.map((one: { interface: string }) => one.interface).sort()).toEqual([
    'cmdb',
    'data-push',
    'gateway',
    'portal',
  ]);
  const shown = await Promise.all(
    subscriptions.map(({ id }: { id: string }) => must(subscriber, 'GET', `/v1/subscriptions/${id}/secret`)),
  );
  secrets = formsOf(watched, {
    keys: [operator.key, account.producer.key, subscriber.key, user.key],
    signing: shown.map(({ secret }) => secret),
  });
}

function portalBody(attributes: object) {
  return {
    data: {
      type: 'subscription--subscription',
      attributes: { target_id: TARGET, action: 'collection', ...attributes },
      relationships: { target_type: { data: { type: 'taxonomy_term--subscription_target_type', id: TERM } } },
    },
  };
}

/** Of each interface one delivery with an attempt: those of the CMDB and the gateway have failed, and are under retry. */
async function publishEverywhere(): Promise<void> {
  const publish = (event_topic: string, event_type: string, ...changes: unknown[]) =>
    must(account.producer, 'POST', '/api/publish', {
      ...{ event_source: 'test', event_topic, event_type, event_status: '1', changes: [{ text: PAYLOAD }, ...changes] },
    });
  await publish(account.topic, 'changed');
  await publish('host', 'create');
  await publish('MOZI_BUC_ACCOUNT_MODIFY_REALM', 'frozen');
  await publish('7', 'collection', TARGET);
  await must(account.subscriber, 'POST', '/topics/historyProcessed', {
    ...{ tenantId: account.tenantId, appId: account.appId, topicList: [account.topic] },
  });
  let seen: string[] = [];
  const attempted = async () => {
    const deliveries = await listDeliveries(account);
    seen = deliveries.map(({ topic, state, attempts }) => `${topic} ${state} ${attempts.length > 0}`).sort();
    const wanted = ['7 delivered true', `${account.topic} delivered true`, `${FROZEN} pending true`];
    return seen.length === 4 && wanted.every((one) => seen.includes(one)) && seen.every((one) => one.endsWith('true'));
  };
  if (!(await waitFor({ condition: attempted, timeoutMs: 40_000 }))) throw new Error(`not attempted: ${seen}`);
  await must(account.subscriber, 'POST', '/topics/activate', { since: Date.now() - 3_600_000 });
}

/** Calls that quote what they were given, or what somebody has answered, in the answer to their caller alone. */
async function beRefusedEverywhere(): Promise<void> {
  const { subscriber, tenantId, appId, topic } = account;
  const withPassword = watched.receiver.url('/push').replace('//', `//${USER}:${PASSWORD}@`);
  const place = `/api/v3/event/subscribe/${tenantId}/2`;
  watched.receiver.on('/unwilling', { status: 500, body });
  const refused = [
    await call(subscriber, 'POST', '/v1/subscriptions', { topics: [topic], callbackUrl: withPassword }),
    await call(subscriber, 'POST', '/topics/subscribe', { tenantId, appId, webhookUrl: withPassword }),
    await call(subscriber, 'POST', place, cmdbBody('/two', { callback_url: withPassword })),
    await call(
      subscriber,
      'POST',
      place,
      cmdbBody('/two', { confirm_mode: 'regular', confirm_pattern: `(${PATTERN}` }),
    ),
    await call(subscriber, 'POST', place, cmdbBody('/two', { timeout: PAYLOAD, bk_obj: PAYLOAD })),
    await call(subscriber, 'POST', '/api/v3/event/subscribe/ping', { callback_url: withPassword, data: PAYLOAD }),
    await call(subscriber, 'POST', '/api/v3/event/subscribe/telnet', { callback_url: withPassword }),
    await call(subscriber, 'POST', '/gateway/callbacks', { eventTag: FROZEN, callbackUrl: withPassword }),
    await call(subscriber, 'POST', '/gateway/callbacks', { eventTag: FROZEN, callbackUrl: callback('/unwilling') }),
    await call(subscriber, 'POST', '/portal/api/v2/subscription/subscription', portalBody({ action: TITLE }), JSON_API),
    await call(account.operator, 'PATCH', `/v1/apps/${tenantId}/${appId}`, { callbackUrl: withPassword }),
  ];
  for (const { status, body: answer } of refused) {
    expect({ answer, isRefused: status >= 400 || answer.result === false }).toEqual({ answer, isRefused: true });
    expectNone(JSON.stringify(answer), [PASSWORD, ...secrets], 'answer');
  }
  // The one who registers is told what came back.
  expect(refused.some(({ body: answer }) => JSON.stringify(answer).includes(ANSWER))).toBe(true);
}

test('nothing of it in the logs, of the product or of its servers', async () => {
  const isLogged = async () => watched.product.lines.filter(({ msg }) => msg === 'request.refused').length >= 11;
  expect(await waitFor({ condition: isLogged, timeoutMs: 10_000 })).toBe(true);
  for (const [where, text] of Object.entries(logsOf(watched.product)))
    expectNone(text, [...secrets, ...EVERYTHING], where);
});

test('nor in the metrics and the public pages', async () => {
  for (const path of ['/metrics', '/readyz', '/healthz', '/openapi.json', '/docs']) {
    const page = await (await fetch(watched.product.url + path)).text();
    expectNone(page, [...secrets, ...EVERYTHING], path);
  }
});

test('nor in Temporal: ids, search attributes, memos, summaries, details, and whole histories', async () => {
  const all = await watched.temporalTexts();
  for (const there of ['delivery/', 'lane/', account.tenantId, '127.0.0.1'])
    expect([there, all.includes(there)]).toEqual([there, true]);
  expectNone(all, [...secrets, ...EVERYTHING], 'Temporal');
});

describe('a raw dump of the database', () => {
  /** Where each is by design, and that it is there. */
  const HOLDERS: [what: string, word: string, columns: string[]][] = [
    ['payload', PAYLOAD, ['events.changes']],
    ["receiver's answer", ANSWER, ['attempts.response_excerpt']],
    [
      'token in a callback',
      TOKEN,
      ['subscriptions.callback_url', 'cmdb_subscriptions.callback_url', 'apps.callback_url'],
    ],
    ['pattern', PATTERN, ['subscriptions.interface_data']],
    ['title', TITLE, ['portal_subscriptions.title']],
    ['user', USER, ['keys.subject', 'portal_subscriptions.subject', 'deliveries.page']],
    ['target', TARGET, ['events.changes', 'portal_subscriptions.target_id', 'deliveries.page']],
  ];

  test('holds no key, no signing secret, and nothing of a URL that was refused', async () => {
    expectNone(await watched.dump(), [...secrets, PASSWORD], 'dump');
  });

  test.each(HOLDERS)('the %s is in its columns alone', async (_, word, columns) => {
    expectNone(await watched.dump(columns), [word], `dump without ${columns}`);
    for (const column of columns) {
      const others = columns.filter((one) => one !== column);
      expect({ column, isThere: (await watched.dump(others)).includes(word) }).toEqual({ column, isThere: true });
    }
  });
});
