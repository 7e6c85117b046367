import { version } from '../../../package.json';
import { CallFault } from '../classifyFault';

const USER_AGENT = `user-agent: Postrider/${version}\r\n`;
/** Receivers that can choose answer JSON then rather than XML, and never compress it. */
const READABLE = 'accept: application/json, text/plain;q=0.9, */*;q=0.8\r\naccept-encoding: identity\r\n';

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Visible ASCII, spaces, tabs and the bytes beyond ASCII that latin1 has. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** They say where a message ends and what becomes of its connection, so only this file writes them. */
const OURS = new Set([
  'host',
  'user-agent',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'expect',
  'keep-alive',
  'te',
]);

/**
 * One POST as it goes over the wire, in one piece: a head that left alone would cost a packet of its own.
 *
 * @param url its text is ASCII, percent-encoded by the parser of URLs.
 * @throws {CallFault} `protocol` for a header that cannot be sent; the message does not repeat its value.
 */
export function requestBytes({
  url,
  headers,
  body,
  isAnswerRead = false,
}: {
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: string | Uint8Array;
  isAnswerRead?: boolean;
}): Buffer {
  let head = `POST ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\nconnection: keep-alive\r\n`;
  head += USER_AGENT;
  if (isAnswerRead) head += READABLE;
  for (const [name, value] of Object.entries(headers)) {
    if (!NAME.test(name) || OURS.has(name.toLowerCase()))
      throw new CallFault('protocol', 'request not sent: header name');
    if (!VALUE.test(value)) throw new CallFault('protocol', `request not sent: value of the header ${name}`);
    head += `${name}: ${value}\r\n`;
  }
  const bodyBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  head += `content-length: ${bodyBytes}\r\n\r\n`;
  const bytes = Buffer.allocUnsafe(head.length + bodyBytes);
  bytes.write(head, 'latin1');
  if (typeof body === 'string') bytes.write(body, head.length);
  else bytes.set(body, head.length);
  return bytes;
}
