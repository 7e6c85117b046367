import { isIP } from 'node:net';
import type { EgressPolicy } from './egressPolicy';

const MAX_LENGTH = 2048;
// The WHATWG parser drops tabs and line breaks, trims spaces and reads a backslash as a slash: another URL than the
// one that was written.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const REWRITTEN_BY_THE_PARSER = /[\u0000-\u0020\u007f\\]/;

/** A callback URL that can never be called; `message` says why, in words for the one who sent it. */
export class CallbackUrlError extends Error {
  override name = 'CallbackUrlError';
}

/**
 * Checks a callback URL as far as its text goes: absolute, http or https, no userinfo, at most 2048 characters, and of
 * a host that is an IP address (also one written as 2130706433 or 0x7f.1) whether that and the port may be called. A host name is
 * checked at every attempt instead, against the addresses it then has. A fragment is accepted and never sent.
 *
 * @throws {CallbackUrlError}
 */
export function checkCallbackUrl(text: string, policy: EgressPolicy): { url: URL } {
  const url = parseCallbackUrl(text);
  const { hostname, port } = targetOf(url);
  const refusal = isIP(hostname) === 0 ? null : policy.refusalOf(hostname, port);
  if (refusal) throw new CallbackUrlError(`callback URL host ${hostname} may not be called: ${refusal}`);
  return { url };
}

/** Where the connection of a URL leads. */
export interface Target {
  /** A name, or an IP address without brackets. */
  hostname: string;
  port: number;
  isSecure: boolean;
}

export function targetOf({ hostname, port, protocol }: URL): Target {
  const isSecure = protocol === 'https:';
  return { hostname: hostname.replace(/^\[|\]$/g, ''), port: Number(port || (isSecure ? 443 : 80)), isSecure };
}

/**
 * The same without the policy, for attempts: there the connector checks the address.
 *
 * @throws {CallbackUrlError}
 */
export function parseCallbackUrl(text: string): URL {
  if (text.length > MAX_LENGTH) throw new CallbackUrlError(`callback URL is longer than ${MAX_LENGTH} characters`);
  if (REWRITTEN_BY_THE_PARSER.test(text)) {
    throw new CallbackUrlError('callback URL contains a space, a control character or a backslash');
  }
  const authority = /^https?:\/\/([^/?#]+)/i.exec(text)?.[1];
  const url = authority === undefined ? null : parseUrl(text);
  // An older parser than today's gives some hosts of letters that it must map an empty name.
  if (!authority || !url?.hostname) throw new CallbackUrlError('callback URL is not an absolute http or https URL');
  if (authority.includes('@')) throw new CallbackUrlError('callback URL must not contain a user name or password');
  if (url.port === '0') throw new CallbackUrlError('callback URL port must not be 0');
  return url;
}

function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
