/** Calls to Temporal's frontend so far, by operation. */
export type TemporalCalls = Record<string, number>;

/** The namespace whose calls are counted, and where its server shows its Prometheus metrics. */
export interface TemporalMetrics {
  url: string;
  namespace: string;
}

const READ_TIMEOUT_MS = 15_000;
/** `service_requests{namespace="default",operation="StartWorkflowExecution",service_name="frontend"} 168` */
const SAMPLE = /^service_requests(?:_total)?\{([^}]*)\} (\S+)$/gm;
/** Long polls: an idle worker makes them too. */
const POLL = /^Poll/;

/**
 * What the server itself counted, so that client and worker, retries included, are in it and nothing in the product has
 * to count. Polls are left out. The server's own scheduler calls its frontend in the same namespace: for the product's
 * Schedules that is less than one call a second, which is counted as the product's.
 */
export async function readTemporalCalls({ url, namespace }: TemporalMetrics): Promise<TemporalCalls> {
  const response = await fetch(url, { signal: AbortSignal.timeout(READ_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`GET ${url} answered ${response.status}`);
  return callsIn(await response.text(), namespace);
}

export function callsIn(metrics: string, namespace: string): TemporalCalls {
  const calls: TemporalCalls = {};
  for (const [, labels = '', value] of metrics.matchAll(SAMPLE)) {
    const label = (name: string) => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? '';
    const operation = label('operation');
    if (label('service_name') !== 'frontend' || label('namespace') !== namespace || POLL.test(operation)) continue;
    calls[operation] = (calls[operation] ?? 0) + Number(value);
  }
  return calls;
}

/** Only operations that were called in between. */
export function callsBetween(start: TemporalCalls, end: TemporalCalls): TemporalCalls {
  const between = Object.entries(end).map(
    ([operation, count]) => [operation, count - (start[operation] ?? 0)] as const,
  );
  return Object.fromEntries(between.filter(([, count]) => count > 0));
}

export function sumOfCalls(calls: TemporalCalls): number {
  return Object.values(calls).reduce((sum, count) => sum + count, 0);
}
