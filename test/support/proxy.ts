import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * How it answers CONNECT: by a connection to what is asked for, not at all (`hangs`), or with this answer instead; null: it closes
 * without one.
 */
export type ProxyBehaviour = 'connects' | 'hangs' | string | null;

/** A real HTTP proxy on 127.0.0.1 that knows CONNECT, and remembers what it was asked. */
export async function startProxy({ port: wanted = 0 } = {}) {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const hanging = new Set<string>();
  let behaviour: ProxyBehaviour = 'connects';

  const server = createServer((client) => {
    sockets.add(client);
    client.on('error', () => undefined);
    let head = '';
    const onData = (chunk: Buffer) => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      client.off('data', onData);
      asked.push(head);
      const authority = / (\S+) /.exec(head)?.[1] ?? '';
      if (behaviour === 'hangs' || hanging.has(authority)) return;
      if (behaviour === null) client.destroy();
      else if (behaviour !== 'connects') client.end(behaviour);
      else join(client, authority);
    };
    client.on('data', onData);
  });

  function join(client: Socket, authority: string): void {
    const { hostname, port } = new URL(`http://${authority}`);
    const receiver = connect({ host: hostname, port: Number(port || 80) });
    sockets.add(receiver);
    const onRefused = () => client.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n');
    receiver.once('error', onRefused);
    receiver.once('connect', () => {
      receiver.off('error', onRefused).on('error', () => client.resetAndDestroy());
      client.write('HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n');
      client.pipe(receiver).pipe(client);
    });
    client.once('close', () => receiver.destroy());
  }

  await new Promise<void>((resolve) => server.listen(wanted, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: '127.0.0.1',
    port,
    /** The head of each CONNECT. */
    asked,
    behave(next: ProxyBehaviour) {
      behaviour = next;
    },
    /** As when the receiver there takes no connection and refuses none. */
    hangFor(authority: string) {
      hanging.add(authority);
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type ProxyServer = Awaited<ReturnType<typeof startProxy>>;
