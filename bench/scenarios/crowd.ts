import { VERIFIED } from '../children/receiver';
import { atOnce } from '../stack/call';
import type { Home } from '../stack/home';
import type { Bench } from './run';

/** How many of each interface; of data push push tasks, of the gateway registrations, of the portal users' choices. */
export interface Crowd {
  native: number;
  dataPush: number;
  cmdb: number;
  gateway: number;
  portal: number;
}

const TOPICS_AN_APP = 1000;
/** More the gateway does not take. */
const REGISTRATIONS_AN_APP = 1000;
const TARGETS_A_USER = 100;
const PORTAL_TYPE = 9;
const MEDIA_TYPE = 'application/vnd.api+json';

/** Subscriptions of every interface in one tenant, none of which any event of the bench matches. */
export async function subscribeCrowd(bench: Bench, { home, crowd, run }: { home: Home; crowd: Crowd; run: string }) {
  const { operator } = bench.api;
  const callbackUrl = `${bench.receiverUrl}/${run}/crowd`;
  const subscriber = await home.addApp({ id: 'crowd', callbackUrl });

  const topic = `bench.${run}.crowd`;
  await operator('PUT', `/v1/topics/${topic}`, { name: topic, historyRequired: false });
  await atOnce(crowd.native, () => subscriber('POST', '/v1/subscriptions', { topics: [topic], callbackUrl }));

  const topics = Array.from({ length: Math.min(crowd.dataPush, TOPICS_AN_APP) }, (_, index) => `${topic}.${index}`);
  await atOnce(topics.length, (index) => {
    const name = topics[index] ?? '';
    return operator('PUT', `/v1/topics/${name}`, { name, historyRequired: false });
  });
  await atOnce(Math.ceil(crowd.dataPush / TOPICS_AN_APP), async (index) => {
    const appId = `pushed-${index}`;
    const app = await home.addApp({ id: appId });
    await app('POST', '/topics/subscribe', {
      ...{ tenantId: home.tenantId, appId, webhookUrl: callbackUrl, topicList: topics },
    });
  });

  await atOnce(crowd.cmdb, (index) =>
    subscriber('POST', `/api/v3/event/subscribe/${home.tenantId}/2`, {
      ...{ subscription_name: `crowd ${index}`, system_name: 'bench', callback_url: callbackUrl },
      ...{ confirm_mode: 'httpstatus', confirm_pattern: '200', subscription_form: `host${index}`, timeout: 10 },
    }),
  );

  const { data: tags } = await subscriber<{ data: { eventTag: string }[] }>('GET', '/gateway/eventTags');
  const eventTags = tags.slice(0, crowd.gateway).map(({ eventTag }) => eventTag);
  const urlsAnApp = Math.floor(REGISTRATIONS_AN_APP / eventTags.length);
  const urls = Math.floor(crowd.gateway / eventTags.length);
  for (let first = 0; first < urls; first += urlsAnApp) {
    const app = await home.addApp({ id: `messages-${first}` });
    await atOnce(Math.min(urlsAnApp, urls - first), (index) =>
      app('POST', '/gateway/callbacks', {
        ...{ eventTags, callbackUrl: `${bench.receiverUrl}/${run}/${VERIFIED}/${first + index}` },
      }),
    );
  }

  await operator('PUT', `/v1/target-types/${PORTAL_TYPE}`, { name: 'Bench' });
  await atOnce(Math.ceil(crowd.portal / TARGETS_A_USER), async (index) => {
    const user = await home.addUser({ appId: 'crowd', subject: `crowd-${index}` });
    for (let target = 0; target < Math.min(crowd.portal, TARGETS_A_USER); target++) {
      const attributes = { target_id: `target-${target}`, action: 'follow', target_type: PORTAL_TYPE };
      const data = { type: 'subscription--subscription', attributes };
      await user('POST', '/portal/api/v2/subscription/subscription', { data }, MEDIA_TYPE);
    }
  });
}
