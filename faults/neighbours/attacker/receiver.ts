import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What an attacker's own receiver answers. */
export interface ReceiverAnswer {
  status?: number;
  body?: string;
  /** Never answered. */
  hangs?: boolean;
}

/** @returns its port. It lives as long as the attacker's process. */
export function startReceiver({ status = 200, body = '', hangs = false }: ReceiverAnswer): Promise<number> {
  const answer = Buffer.from(body);
  const server = createServer((request, response) => {
    request.resume();
    if (hangs) return;
    request.once('end', () => response.writeHead(status, { 'content-length': answer.length }).end(answer));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
