import { Agent, request } from 'undici';

const PER_SECOND = 10;
/** Longer than the product's own limit of 10 s. */
const ANSWER_TIMEOUT_MS = 15_000;

/** One GET of the victim: how long its answer took, and its status; 0: there was none. */
export interface Read {
  sentMs: number;
  tookMs: number;
  status: number;
}

/**
 * Reads at a steady rate, whether or not answers come, until it is ended. It goes on between rounds: its connections are from
 * before the attack, as those of a client that keeps them.
 */
export function startReads({ urls, path, key }: { urls: readonly string[]; path: string; key: string }) {
  const agent = new Agent({ connections: 50, pipelining: 1 });
  const reads: Promise<Read>[] = [];
  const timer = setInterval(() => {
    const url = urls[reads.length % urls.length];
    reads.push(readOnce(agent, `${url}${path}`, key));
  }, 1000 / PER_SECOND);
  return {
    async end(): Promise<Read[]> {
      clearInterval(timer);
      const done = await Promise.all(reads);
      await agent.destroy();
      return done;
    },
  };
}

async function readOnce(dispatcher: Agent, url: string, key: string): Promise<Read> {
  const sentMs = performance.now();
  let status = 0;
  try {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const { statusCode, body } = await request(url, { dispatcher, headers: { authorization: key }, signal });
    await body.dump();
    status = statusCode;
  } catch {
    // No answer is a status of its own.
  }
  return { sentMs, tookMs: performance.now() - sentMs, status };
}
