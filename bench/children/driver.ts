import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { githubEvents } from '../../demo/githubEvents';
import { nowUs } from '../clock';
import { post } from './post';
import { serve } from './rpc';

/** One event that was published. */
export interface Published {
  sentUs: number;
  answeredUs: number;
  status: number;
  /** null: refused. */
  eventId: string | null;
}

export interface Producers {
  /** Of the API. */
  url: string;
  key: string;
  topic: string;
  count: number;
}

const CONNECTIONS = 50;

const events = githubEvents();

/** The example events in turn, all to one topic. */
function bodiesFor(topic: string): (index: number) => string {
  const bodies = events.map((event) => JSON.stringify({ ...event, event_topic: topic }));
  return (index) => bodies[index % bodies.length] ?? '';
}

function createPublisher({ url, key, topic }: Producers) {
  const pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1 });
  const bodyOf = bodiesFor(topic);
  const headers = { authorization: key, 'content-type': 'application/json' };
  return {
    async publish(index: number): Promise<Published> {
      const body = bodyOf(index);
      const sentUs = nowUs();
      const answer = await post(pool, { path: '/api/publish', headers, body });
      const answeredUs = nowUs();
      const { code, request_id } = JSON.parse(answer.body) as { code: string; request_id: string };
      return { sentUs, answeredUs, status: answer.status, eventId: code === '000' ? request_id : null };
    },
    close: () => pool.close(),
  };
}

/** Calls `run` for 0 to count - 1, always `CONNECTIONS` of them at once. */
async function closedLoop<T>(count: number, run: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const producer = async () => {
    while (next < count) {
      const index = next++;
      results[index] = await run(index);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, producer));
  return results;
}

const handlers = {
  /** As fast as 50 producers can, each waiting for its answer. */
  async burst(input: Producers): Promise<Published[]> {
    const publisher = createPublisher(input);
    try {
      return await closedLoop(input.count, publisher.publish);
    } finally {
      await publisher.close();
    }
  },

  /** At a fixed rate, whether or not the answers come. */
  async steady(input: Producers & { perSecond: number }): Promise<Published[]> {
    const publisher = createPublisher(input);
    const gapUs = 1e6 / input.perSecond;
    try {
      const underWay: Promise<Published>[] = [];
      const startUs = nowUs();
      for (let index = 0; index < input.count; index++) {
        const earlyMs = (startUs + index * gapUs - nowUs()) / 1000;
        if (earlyMs > 0) await sleep(earlyMs);
        underWay.push(publisher.publish(index));
      }
      return await Promise.all(underWay);
    } finally {
      await publisher.close();
    }
  },

  /** The limit H: the callbacks of `count` events, made by nothing but undici. Requests per second. */
  async barePosts({ url, run, count }: { url: string; run: string; count: number }): Promise<number> {
    const pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1 });
    const bodies = events.map(callbackBody);
    try {
      const startUs = nowUs();
      await closedLoop(count, (index) => {
        const headers = {
          'content-type': 'application/json',
          'webhook-id': `${run}-${index}`,
          'webhook-timestamp': '1700000000',
          'webhook-signature': `v1,${'A'.repeat(43)}=`,
        };
        return post(pool, { path: `/${run}/bare`, headers, body: bodies[index % bodies.length] ?? '' });
      });
      return count / ((nowUs() - startUs) / 1e6);
    } finally {
      await pool.close();
    }
  },
};

/** As large as the product's own callback of that event. */
function callbackBody(event: (typeof events)[number]): string {
  const { event_source: source, event_topic: topic, event_type: type, event_status: status, changes } = event;
  const timestamp = new Date().toISOString();
  const key = `${source}.${topic}.${type}.${status}`;
  const address = { id: randomUUID(), tenantId: 'bench', source, topic, type, status, key };
  return JSON.stringify({
    type: `${source}.${topic}.${type}`,
    timestamp,
    data: { ...address, changes, occurredAt: timestamp },
  });
}

export type DriverHandlers = typeof handlers;

serve(handlers);
