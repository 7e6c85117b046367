import {
  connect,
  constants,
  createServer,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { temporalAddress } from './temporal';

const PERMISSION_DENIED = '7';

/**
 * A way to the run's Temporal as a key with few rights has it: a gRPC proxy that refuses the methods whose path ends with one
 * of `refused`, and hands on everything else.
 */
export async function startRestrictedTemporal({ refused }: { refused: string[] }) {
  const sessions = new Set<Http2Session>();
  const calls: string[] = [];
  const server = createServer();
  server.on('session', (near) => {
    const far = connect(`http://${temporalAddress()}`);
    for (const [session, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sessions.add(session);
      session
        .on('error', () => undefined)
        .on('close', () => {
          sessions.delete(session);
          other.destroy();
        });
    }
    near.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      stream.on('error', () => undefined);
      const path = String(headers[':path']);
      calls.push(path);
      if (refused.some((method) => path.endsWith(method))) return refuse(stream);
      const onward = far.request(headers);
      onward.on('error', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
      stream.on('close', () => onward.close());
      stream.pipe(onward);
      let trailers: IncomingHttpHeaders = {};
      onward.on('trailers', (received) => {
        trailers = received;
      });
      onward.on('response', (response, flags) => {
        if (stream.destroyed) return;
        const isWhole = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
        stream.respond(response, isWhole ? { endStream: true } : { waitForTrailers: true });
        if (isWhole) return;
        stream.on('wantTrailers', () => stream.sendTrailers(trailers));
        onward.pipe(stream);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Paths of the calls so far, refused ones too. */
    calls: calls as readonly string[],
    async stop(): Promise<void> {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const session of sessions) session.destroy();
      await closed;
    },
  };
}

function refuse(stream: ServerHttp2Stream): void {
  const headers = { ':status': 200, 'content-type': 'application/grpc' };
  stream.respond(
    { ...headers, 'grpc-status': PERMISSION_DENIED, 'grpc-message': 'Request unauthorized.' },
    { endStream: true },
  );
}
