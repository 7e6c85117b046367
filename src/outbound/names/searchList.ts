import { hostname } from 'node:os';

export interface SearchList {
  /** Domains in which a short name is looked for, in this order. */
  domains: readonly string[];
  /** A name with fewer dots is looked for in the domains first. */
  ndots: number;
}

/** The limits of resolv.conf(5). */
const MAX_NDOTS = 15;
const DEFAULT_NDOTS = 1;

/**
 * The search list of resolv.conf(5), which containers rely on: Kubernetes finds `receiver` and `receiver.shop` by it.
 * The last of `search` and `domain` counts. Without either it is the domain of this machine's own name.
 */
export function parseSearchList(text: string): SearchList {
  let domains = [hostname().split('.').slice(1).join('.')];
  let ndots = DEFAULT_NDOTS;
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    if (keyword === 'search') domains = words;
    if (keyword === 'domain') domains = words.slice(0, 1);
    if (keyword !== 'options') continue;
    const option = words.find((word) => /^ndots:\d+$/.test(word));
    if (option) ndots = Math.min(Number(option.slice('ndots:'.length)), MAX_NDOTS);
  }
  return { domains: domains.map((domain) => domain.replace(/^\.|\.$/g, '')).filter((domain) => domain !== ''), ndots };
}

/** The full names that a name may mean, in the order in which getaddrinfo asks for them. A dot at its end makes it full. */
export function fullNames(name: string, { domains, ndots }: SearchList): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const searched = domains.map((domain) => `${name}.${domain}`);
  const dots = name.split('.').length - 1;
  return dots >= ndots ? [name, ...searched] : [...searched, name];
}
