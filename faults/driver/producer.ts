import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { Outcome } from '../journal/entries';
import type { Journal } from '../journal/journal';

/** Longer than the product's own limit of 10 s. */
const ANSWER_TIMEOUT_MS = 15_000;
const TRY_AGAIN_AFTER_MS = 500;
const GIVE_UP_AFTER_MS = 150_000;
const IDLE_MS = 4000;
/** More than wait at once for an answer: who waits for a connection of ours does not wait for the product. */
const MOST_CONNECTIONS = 500;

export interface Target {
  tenantId: string;
  topic: string;
  producerKey: string;
}

export interface Load {
  /** No more of it; what has been sent goes on until it is answered. */
  end(): { sent: number; answered: Promise<void> };
  /** Resolves when all of it is answered. */
  stop(): Promise<void>;
}

interface Answer {
  outcome: Outcome;
  status: number | null;
  eventId: string | null;
}

/** Publishes as a careful producer does: until it is answered with 000, under one Idempotency-Key, at the next API each time. */
export class Producer {
  /** An API keeps idle connections for longer: after each delay of its answers there would be as many as can be. */
  private readonly agent = new Agent({ connections: MOST_CONNECTIONS, pipelining: 1, keepAliveMaxTimeout: IDLE_MS });
  private readonly loads = new Set<NodeJS.Timeout>();
  private published = 0;
  private isStopped = false;

  constructor(
    private readonly options: {
      journal: Journal;
      /** Of the APIs, through their links. */
      urls(): string[];
      name: string;
    },
  ) {}

  /** @returns when it was answered with 000, or given up. */
  async publish(target: Target, { key = this.nextKey(), via }: { key?: string; via?: number } = {}): Promise<Answer> {
    const { journal, urls } = this.options;
    const { tenantId, topic } = target;
    await journal.append({ kind: 'publish', key, tenantId, topic });
    const beganMs = performance.now();
    for (let turn = via ?? this.published; ; turn++) {
      const [url = ''] = [urls()[turn % urls().length]];
      const sentMs = performance.now();
      const answer = await this.tryOnce(url, target, key);
      await journal.append({ kind: 'published', key, tookMs: Math.round(performance.now() - sentMs), ...answer });
      const isFinal = answer.outcome === 'ok' || (answer.status !== null && isRefusal(answer.status));
      if (isFinal || this.isStopped || performance.now() - beganMs > GIVE_UP_AFTER_MS) return answer;
      await sleep(TRY_AGAIN_AFTER_MS);
    }
  }

  /** So many, at most 50 at once. */
  async publishMany(target: Target | readonly Target[], count: number): Promise<void> {
    const targets = [target].flat();
    let next = 0;
    const one = async () => {
      for (;;) {
        const turn = next++;
        const chosen = targets[turn % targets.length];
        if (turn >= count || !chosen) return;
        await this.publish(chosen);
      }
    };
    await Promise.all(Array.from({ length: 50 }, one));
  }

  /** At a steady rate to all targets in turn, whether or not answers come, until it is stopped. */
  startLoad({ targets, perSecond }: { targets: Target[]; perSecond: number }): Load {
    const underWay = new Set<Promise<unknown>>();
    const startMs = performance.now();
    let sent = 0;
    const timer = setInterval(() => {
      for (; sent < ((performance.now() - startMs) / 1000) * perSecond; sent++) {
        const target = targets[sent % targets.length];
        if (!target) return;
        const publishing = this.publish(target).finally(() => underWay.delete(publishing));
        underWay.add(publishing);
      }
    }, 10);
    this.loads.add(timer);
    const answered = async () => void (await Promise.all(underWay));
    return {
      end() {
        clearInterval(timer);
        return { sent, answered: answered() };
      },
      stop() {
        clearInterval(timer);
        return answered();
      },
    };
  }

  nextKey(): string {
    this.published++;
    return `${this.options.name}-${this.published}`;
  }

  async close(): Promise<void> {
    this.isStopped = true;
    // Of a case that threw, before it could stop them.
    for (const timer of this.loads) clearInterval(timer);
    await this.agent.destroy();
  }

  private async tryOnce(url: string, { topic, producerKey }: Target, key: string): Promise<Answer> {
    try {
      const { statusCode, body } = await request(`${url}/api/publish`, {
        dispatcher: this.agent,
        method: 'POST',
        headers: { authorization: producerKey, 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({
          event_source: 'faults',
          event_topic: topic,
          event_type: 'changed',
          event_status: '1',
          event_key: key,
          changes: [{ key }],
        }),
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      });
      const { code, request_id } = JSON.parse(await body.text());
      if (statusCode === 200 && code === '000') return { outcome: 'ok', status: 200, eventId: String(request_id) };
      return { outcome: isRefusal(statusCode) ? 'fail' : 'unknown', status: statusCode, eventId: null };
    } catch {
      return { outcome: 'unknown', status: null, eventId: null };
    }
  }
}

/** Another try would be answered the same, and nothing was stored. */
function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 429;
}
