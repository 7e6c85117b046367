import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { githubEvents } from '../../demo/githubEvents';
import { nowUs } from '../clock';
import { type PostRequest, post } from './post';
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
  /** Each gets as many of the `count` events as every other, one topic after the other. */
  topics: string[];
  count: number;
  /** Bodies of some 100 bytes instead of the examples. */
  small?: boolean;
}

const CONNECTIONS = 50;

const events = githubEvents();
const SMALL_EVENT = { event_source: 'bench', event_type: 'small', event_status: 'none' };

/** The example events in turn. */
function bodiesFor({ topics, count, small = false }: Producers): (index: number) => string {
  const topicOf = (index: number) => topics[Math.floor((index * topics.length) / count)];
  if (small) return (index) => JSON.stringify({ ...SMALL_EVENT, event_topic: topicOf(index), changes: [{ index }] });
  // The topic is put in last: what goes before it is the same for all topics.
  const heads = events.map((event) => JSON.stringify({ ...event, event_topic: undefined }).slice(0, -1));
  return (index) => `${heads[index % heads.length]},"event_topic":${JSON.stringify(topicOf(index))}}`;
}

function createPublisher(producers: Producers) {
  const { url, key } = producers;
  const pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1 });
  const bodyOf = bodiesFor(producers);
  const headers = { authorization: key, 'content-type': 'application/json' };
  return {
    async publish(index: number): Promise<Published> {
      const body = bodyOf(index);
      const sentUs = nowUs();
      const answer = await post(pool, { path: '/api/publish', headers, body });
      return publishedFrom(answer, sentUs);
    },
    close: () => pool.close(),
  };
}

function publishedFrom(answer: { status: number; body: string }, sentUs: number): Published {
  const answeredUs = nowUs();
  const { code, request_id } = JSON.parse(answer.body) as { code: string; request_id: string };
  return { sentUs, answeredUs, status: answer.status, eventId: code === '000' ? request_id : null };
}

let isStopped = false;

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

  /** One event, as it is. */
  async one({ url, key, event }: { url: string; key: string; event: object }): Promise<Published> {
    const pool = new Pool(url, { connections: 1 });
    try {
      const body = JSON.stringify(event);
      const sentUs = nowUs();
      const headers = { authorization: key, 'content-type': 'application/json' };
      const answer = await post(pool, { path: '/api/publish', headers, body });
      return publishedFrom(answer, sentUs);
    } finally {
      await pool.close();
    }
  },

  /** At a fixed rate, whether or not the answers come; ends early when it is told to. */
  async steady(input: Producers & { perSecond: number }): Promise<Published[]> {
    const publisher = createPublisher(input);
    const gapUs = 1e6 / input.perSecond;
    isStopped = false;
    try {
      const underWay: Promise<Published>[] = [];
      const startUs = nowUs();
      for (let index = 0; index < input.count && !isStopped; index++) {
        const earlyMs = (startUs + index * gapUs - nowUs()) / 1000;
        if (earlyMs > 0) await sleep(earlyMs);
        underWay.push(publisher.publish(index));
      }
      return await Promise.all(underWay);
    } finally {
      await publisher.close();
    }
  },

  /**
   * At a fixed rate as far as there is a connection free, so that nothing gathers, until it is told to stop.
   * @returns 429 a second.
   */
  async flood(input: Omit<Producers, 'count'> & { perSecond: number }): Promise<number> {
    const publisher = createPublisher({ ...input, count: Number.POSITIVE_INFINITY });
    const gapUs = 1e6 / input.perSecond;
    isStopped = false;
    let refused = 0;
    const underWay = new Set<Promise<void>>();
    const call = async (index: number) => {
      if ((await publisher.publish(index)).status === 429) refused += 1;
    };
    try {
      const startUs = nowUs();
      for (let index = 0; !isStopped; index++) {
        const earlyMs = (startUs + index * gapUs - nowUs()) / 1000;
        if (earlyMs > 0) await sleep(earlyMs);
        if (underWay.size === CONNECTIONS) continue;
        const made: Promise<void> = call(index).finally(() => underWay.delete(made));
        underWay.add(made);
      }
      const refusedRate = refused / ((nowUs() - startUs) / 1e6);
      await Promise.all(underWay);
      return refusedRate;
    } finally {
      await publisher.close();
    }
  },

  /** Ends steady and flood. */
  stopSteady(): void {
    isStopped = true;
  },

  /** The limit H: the callbacks of `count` events, made by nothing but undici. Requests per second. */
  async barePosts({ url, run, count }: { url: string; run: string; count: number }): Promise<number> {
    const pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1 });
    try {
      const callbackOf = callbacksOf(run);
      const startUs = nowUs();
      await closedLoop(count, (index) => post(pool, callbackOf(index)));
      return count / ((nowUs() - startUs) / 1e6);
    } finally {
      await pool.close();
    }
  },

  /** The same in order: on each of `connections`, `each` requests one after the other. */
  async barePostsInOrder(input: { url: string; run: string; connections: number; each: number }): Promise<number> {
    const { url, run, connections, each } = input;
    const pools = Array.from({ length: connections }, () => new Pool(url, { connections: 1, pipelining: 1 }));
    try {
      const callbackOf = callbacksOf(run);
      const startUs = nowUs();
      await Promise.all(
        pools.map(async (pool, task) => {
          for (let number = 0; number < each; number++) await post(pool, callbackOf(task * each + number));
        }),
      );
      return (connections * each) / ((nowUs() - startUs) / 1e6);
    } finally {
      for (const pool of pools) await pool.close();
    }
  },
};

/** The callbacks that a run of so many events would bring, all to one path. */
function callbacksOf(run: string): (index: number) => PostRequest {
  const bodies = events.map(callbackBody);
  return (index) => ({
    path: `/${run}/bare`,
    headers: {
      'content-type': 'application/json',
      'webhook-id': `${run}-${index}`,
      'webhook-timestamp': '1700000000',
      'webhook-signature': `v1,${'A'.repeat(43)}=`,
    },
    body: bodies[index % bodies.length] ?? '',
  });
}

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
