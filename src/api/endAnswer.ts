import type { IncomingMessage, ServerResponse } from 'node:http';

/** The largest body that any route takes, twice: whoever sends more would be refused for its length anyway. */
const MAX_DROPPED_BYTES = 16 * 1024 * 1024;
const DROP_WITHIN_MS = 10_000;
/** A caller that sends nothing for so long waits for the end of the connection. */
const SILENT_MS = 2_000;

/**
 * Ends an answer after which the connection closes so that its caller can read it. A socket that is closed with bytes unread
 * is reset, and a reset takes from the caller what it has not read yet. So the answer leaves, the rest of the body is
 * read and dropped, within bounds, and the connection closes then. (Where it stays open, Node does the same by itself.)
 */
export function endAnswer(response: ServerResponse, payload: string | Buffer | undefined): void {
  const request = response.req;
  if (response.shouldKeepAlive || request.complete || !hasBody(request)) {
    response.end(payload);
    return;
  }
  if (payload === undefined) response.flushHeaders();
  else response.write(payload);
  dropRest(request, () => response.end());
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Calls `done` once: when all of it is there, when it is too much, takes too long or stops, or when the caller is gone. */
function dropRest(request: IncomingMessage, done: () => void): void {
  let dropped = 0;
  const timer = setTimeout(stop, DROP_WITHIN_MS);
  const silent = setTimeout(stop, SILENT_MS);
  function onData(chunk: Buffer): void {
    silent.refresh();
    dropped += chunk.length;
    if (dropped > MAX_DROPPED_BYTES) stop();
  }
  function stop(): void {
    clearTimeout(timer);
    clearTimeout(silent);
    request.off('data', onData).off('end', stop).off('close', stop);
    done();
  }
  request.on('data', onData).once('end', stop).once('close', stop);
}
