import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { temporalAddress } from '../support/temporal';

export type TemporalWay = Awaited<ReturnType<typeof startTemporalWay>>;

/** A way to the run's Temporal that can be cut: the address is that of a relay. */
export async function startTemporalWay() {
  const [host = '', port] = temporalAddress().split(':');
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), host);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** What is connected is connected no more; who connects again gets through. */
    cut,
    async stop(): Promise<void> {
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
    },
  };
}
