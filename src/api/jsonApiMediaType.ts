/** JSON:API's own. */
export const JSON_API = 'application/vnd.api+json';

/**
 * JSON:API 1.1: its media type has the parameters `ext` and `profile` only. No extension is supported here; a profile asks
 * for nothing, so it is ignored.
 */
export function isSupportedJsonApi(mediaType: string): boolean {
  const [type, ...parameters] = split(mediaType, ';');
  return isJsonApi(type) && parameters.every((parameter) => /^(?:profile|q)=/i.test(parameter));
}

/**
 * An `Accept` header without what JSON:API says to ignore.
 *
 * @returns null when it names JSON:API, and never in a form that is supported: that is refused with 406.
 */
export function acceptWithoutParameters(accept: string): string | null {
  const ranges = split(accept, ',');
  const kept = ranges.filter((range) => !isJsonApi(split(range, ';')[0]) || isSupportedJsonApi(range));
  const isRefused = kept.length < ranges.length && !kept.some((range) => isSupportedJsonApi(range));
  if (isRefused) return null;
  return kept.map((range) => (isSupportedJsonApi(range) ? withoutProfile(range) : range)).join(', ');
}

function isJsonApi(type = ''): boolean {
  return type.toLowerCase() === JSON_API;
}

function withoutProfile(range: string): string {
  return split(range, ';')
    .filter((part) => !/^profile=/i.test(part))
    .join(';');
}

/** At separators outside of quotes. */
function split(text: string, separator: ',' | ';'): string[] {
  const parts = text.match(separator === ',' ? /(?:[^,"]|"[^"]*"?)+/g : /(?:[^;"]|"[^"]*"?)+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}
