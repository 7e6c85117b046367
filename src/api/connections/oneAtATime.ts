import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * How many calls of one connection may wait for the one before them. Clients that pipeline send some ten ahead; each call
 * that waits keeps its header in memory, up to 16 kB.
 */
const MAX_WAITING = 32;

interface Call {
  request: IncomingMessage;
  response: ServerResponse;
}

/** Told when a connection has its first call under way, and when it has none again. */
export interface LineWatch {
  began(socket: Socket): void;
  ended(socket: Socket): void;
  /** Asked when a call begins: whether its answer is to be the last one of its connection. */
  isLast(): boolean;
}

/** The calls of one connection. */
interface Line {
  isBusy: boolean;
  waiting: Call[];
  /** Too many came at once: the connection ends after those that wait. */
  isFull: boolean;
}

/**
 * Handles one call of a connection at a time: the next one begins when the answer before it has left. Node by itself
 * handles everything that a client has pipelined at once, so that one connection takes the event loop, and the memory for
 * all of its answers, and waiting for an answer slows nobody down.
 *
 * While calls wait, the connection is not read. A client that has sent more than MAX_WAITING by then gets the answers to
 * these, the last with `Connection: close`; RFC 9112, 9.3.2, has it repeat the others.
 */
export function oneAtATime(handle: RequestListener, { began, ended, isLast }: LineWatch): RequestListener {
  const lines = new WeakMap<Socket, Line>();

  function begin(line: Line, { request, response }: Call): void {
    // Comes after the answer has left, or when the connection was lost.
    response.once('close', () => next(line, request.socket));
    if (isLast()) response.shouldKeepAlive = false;
    handle(request, response);
  }

  function next(line: Line, socket: Socket): void {
    const call = socket.destroyed ? undefined : line.waiting.shift();
    if (call) {
      begin(line, call);
      return;
    }
    line.isBusy = false;
    line.waiting.length = 0;
    ended(socket);
    if (!line.isFull) socket.resume();
  }

  return (request, response) => {
    const { socket } = request;
    let line = lines.get(socket);
    if (!line) {
      line = { isBusy: false, waiting: [], isFull: false };
      lines.set(socket, line);
    }
    if (!line.isBusy) {
      line.isBusy = true;
      began(socket);
      begin(line, { request, response });
      return;
    }
    if (line.isFull) return;
    socket.pause();
    line.waiting.push({ request, response });
    if (line.waiting.length === MAX_WAITING) {
      line.isFull = true;
      response.shouldKeepAlive = false;
    }
  };
}
