import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** A request as it came, whole. */
export interface RawRequest {
  head: string;
  body: string;
  /** The number of its connection, and its own on that connection; both from 1. */
  connection: number;
  onConnection: number;
}

export type RawReceiver = Awaited<ReturnType<typeof startRawReceiver>>;

/**
 * A server on a bare socket, which answers every whole request by what `answer` does with the socket: for answers, and ways to
 * end a connection, that Node's own server does not produce.
 */
export async function startRawReceiver(
  answer: (socket: Socket, request: RawRequest) => void,
  { tls }: { tls?: { key: string; cert: string } } = {},
) {
  const requests: RawRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const onSocket = (socket: Socket) => {
    connections += 1;
    const connection = connections;
    let onConnection = 0;
    let text = '';
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (let request = wholeRequest(text); request; request = wholeRequest(text)) {
        text = text.slice(request.length);
        onConnection += 1;
        requests.push({ head: request.head, body: request.body, connection, onConnection });
        answer(socket, { head: request.head, body: request.body, connection, onConnection });
      }
    });
  };
  const server = tls ? createTlsServer(tls, onSocket) : createServer(onSocket);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}/hook`,
    requests: requests as readonly RawRequest[],
    connections: () => connections,
    async stop(): Promise<void> {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function wholeRequest(text: string): { head: string; body: string; length: number } | null {
  const headEnds = text.indexOf('\r\n\r\n');
  if (headEnds === -1) return null;
  const head = text.slice(0, headEnds);
  const bodyStarts = headEnds + 4;
  const length = bodyStarts + Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
  return text.length < length ? null : { head, body: text.slice(bodyStarts, length), length };
}
