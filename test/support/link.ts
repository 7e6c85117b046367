import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A relay to a server: both sides of its connections can be cut, or fall silent. */
export async function startLink({ host = '127.0.0.1', port }: { host?: string; port: number }) {
  const sockets = new Set<Socket>();
  let isSilent = false;
  const server = createServer((near) => {
    const far = connect(port, host);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    near.pipe(far);
    far.on('data', (bytes) => isSilent || near.write(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    /** What is connected is connected no more; who connects again gets through. */
    cut,
    /** What the server says is lost, as when packets are dropped on the way. */
    silence(on: boolean) {
      isSilent = on;
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
    },
  };
}

export type Link = Awaited<ReturnType<typeof startLink>>;
