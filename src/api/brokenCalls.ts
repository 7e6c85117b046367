import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { problemForm } from './errorForm';
import { requestIdOf } from './requestId';

/** By the codes of Node's errors; whatever else its parser does not take is 400. */
const PROBLEMS: Readonly<Record<string, { status: number; detail: string }>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, detail: 'the request did not arrive in time' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, detail: 'the chunk extensions are too large' },
  HPE_HEADER_OVERFLOW: { status: 431, detail: 'the header is too large' },
};
const NOT_HTTP = { status: 400, detail: 'the request is not HTTP/1.1 as it must be' };

/** Where Node keeps the answer under way: its own handler of these errors looks there too. */
interface AnsweringSocket extends Socket {
  _httpMessage?: ServerResponse | null;
}

/** Answers a call that broke before it could be routed, in the form of the native interface, and closes its connection. */
export function answerBrokenCall(error: Error & { code?: string }, socket: AnsweringSocket): void {
  // In the middle of another answer, bytes of this one would be taken for a part of that.
  if (!socket.writable || socket._httpMessage?.headersSent || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const requestId = requestIdOf({ headers: {} });
  const { status, body } = problemForm.render(PROBLEMS[error.code ?? ''] ?? NOT_HTTP, requestId);
  const payload = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Cache-Control: no-store',
    `X-Request-Id: ${requestId}`,
    `Content-Type: ${problemForm.mediaType}`,
    `Content-Length: ${Buffer.byteLength(payload)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${payload}`, () => socket.destroy());
}
