/** What two others did on a quiet machine of the same kind, everything on its 2 cores: for orientation. */
export interface Peer {
  text: string;
  /** What the better of the two did. */
  best: number;
  better: 'more' | 'less';
}

/** Hookdeck Outpost with concurrency 100 / Svix with Redis. */
export const peers = {
  burstRate: { text: '1,123 / 528', best: 1123, better: 'more' },
  burstCpuMs: { text: '1.4 / 3.1', best: 1.4, better: 'less' },
  steadyP50Ms: { text: '28 / 5', best: 5, better: 'less' },
  steadyP99Ms: { text: '56 / 12', best: 12, better: 'less' },
  fanOutRate: { text: '1,569 / 2,823', best: 2823, better: 'more' },
  /** They are known as shares of the rate alone. */
  slowKept: (aloneRate: number): Peer => ({ text: '12 % / 11 to 67 %', best: 0.67 * aloneRate, better: 'more' }),
} satisfies Record<string, Peer | ((aloneRate: number) => Peer)>;

export function isBehind({ best, better }: Peer, median: number): boolean {
  return better === 'more' ? median < best : median > best;
}
