import type { Lab } from '../lab';
import type { FloodCall } from './attacker/flood';

const ANSWER_TIMEOUT_MS = 15_000;

export interface Answer<T> {
  status: number;
  body: T;
  /** When its last byte was there, by the journal's clock. */
  atMs: number;
}

/** One call of the first API, as who has the key. */
export function ask<T>({ stack }: Lab, call: FloodCall): Promise<Answer<T>> {
  return askAt(stack.apis[0]?.url ?? '', call);
}

export async function askAt<T>(url: string, { path, ...call }: FloodCall): Promise<Answer<T>> {
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  const response = await fetch(`${url}${path}`, { ...call, signal });
  const text = await response.text();
  const atMs = performance.now();
  return { status: response.status, body: JSON.parse(text || 'null'), atMs };
}

/** @throws with the answer when it is no success; the CMDB's says so in its body. */
export async function asked<T>(lab: Lab, call: FloodCall): Promise<T> {
  const { status, body } = await ask<T>(lab, call);
  const isRefused = body !== null && typeof body === 'object' && 'result' in body && body.result === false;
  if (status < 400 && !isRefused) return body;
  throw new Error(`${call.method} ${call.path} answered ${status}: ${JSON.stringify(body)}`);
}

export function callOf(key: string, method: string, path: string, body?: unknown): FloodCall {
  const text = typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body);
  const headers = { authorization: key, ...(text !== undefined && { 'content-type': 'application/json' }) };
  return { method, path, headers, ...(text !== undefined && { body: text }) };
}
