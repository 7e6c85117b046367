const READ_WITHIN_MS = 2000;
const BYTES_PER_MIB = 1024 * 1024;

/** What a process says of itself. */
export interface OwnFigures {
  heapMib: number;
  /** What keeps its event loop busy: sockets, timers, requests. */
  resources: number;
}

/** Past every proxy. @returns null when it does not answer. */
export async function readMetrics(url: string): Promise<OwnFigures | null> {
  try {
    const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(READ_WITHIN_MS) });
    return parseMetrics(await answer.text());
  } catch {
    return null;
  }
}

/** @param text as Prometheus reads it. @throws when a figure is missing. */
export function parseMetrics(text: string): OwnFigures {
  return {
    heapMib: figureIn(text, 'nodejs_heap_size_used_bytes') / BYTES_PER_MIB,
    resources: figureIn(text, 'nodejs_active_resources_total'),
  };
}

function figureIn(text: string, name: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  if (line === undefined) throw new Error(`there is no ${name}`);
  return Number(line.slice(name.length + 1));
}
