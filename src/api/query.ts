import { ProblemError } from './problems';

/** No route has more than ten parameters. */
const MAX_PARAMETERS = 100;

/**
 * The query's parameters. One that is given more than once becomes an array, which a schema for one text refuses.
 *
 * @throws ProblemError 400 for more than MAX_PARAMETERS.
 */
export function queryOf(url: string): Record<string, string | string[]> {
  const start = url.indexOf('?');
  const text = start === -1 ? '' : url.slice(start + 1);
  if (text.split('&', MAX_PARAMETERS + 1).length > MAX_PARAMETERS) {
    throw new ProblemError({ status: 400, detail: `the query has more than ${MAX_PARAMETERS} parameters` });
  }
  const query = new Map<string, string | string[]>();
  for (const [name, value] of new URLSearchParams(text)) {
    const known = query.get(name);
    if (known === undefined) query.set(name, value);
    else if (Array.isArray(known)) known.push(value);
    else query.set(name, [known, value]);
  }
  return Object.fromEntries(query);
}
