import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What an attacker's own receiver answers. */
export interface ReceiverAnswer {
  status?: number;
  body?: string;
  /** Before each answer: so a long list of callbacks costs little at once. */
  delayMs?: number;
}

/** @returns its port. It lives as long as the attacker's process. */
export function startReceiver({ status = 200, body = '', delayMs = 0 }: ReceiverAnswer): Promise<number> {
  const answer = Buffer.from(body);
  const server = createServer((request, response) => {
    request.resume();
    request.once('end', () => setTimeout(answerOne, delayMs));
    const answerOne = () => response.writeHead(status, { 'content-length': answer.length }).end(answer);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
