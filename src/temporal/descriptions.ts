import { createHash } from 'node:crypto';
import type { DeliverySubject } from '../contracts/carrying';
import { CALLBACK_HOST, SUBSCRIPTION_ID, TENANT_ID, TOPIC } from '../contracts/searchAttributes';
import { plainText } from '../domain/plainText';

/** A keyword's column in PostgreSQL and SQLite. */
const MAX_KEYWORD = 255;
/** Temporal refuses longer ones. */
const MAX_FAIRNESS_KEY_BYTES = 64;
/** Temporal refuses a start with a longer summary. */
const MAX_LINE_BYTES = 400;
/** What a line that is too long is shortened by. */
const SHORTEN_CHARS = 20;

/** "orders to hooks.example.com for acme"; of the one lane of an independent subscription without its topic. */
export function whitherOf({ tenantId, topic, callbackHost }: DeliverySubject): string {
  return `${topic === '' ? '' : `${topic} `}to ${callbackHost} for ${tenantId}`;
}

/** Temporal's UI renders Markdown, and names of topics are what subscribers and producers chose. */
export function plainLine(text: string): string {
  for (let chars = MAX_LINE_BYTES; ; chars -= SHORTEN_CHARS) {
    const shown = plainText(text.slice(0, chars));
    if (Buffer.byteLength(shown) <= MAX_LINE_BYTES) return shown;
  }
}

/** For the list and the page of a workflow, in the operator's words; the ids are those of the API, in full. */
export function memoOf(subject: DeliverySubject, ids: { delivery?: string } = {}): Record<string, string> {
  const { tenantId, appId, topic, subscriptionId: subscription } = subject;
  return {
    tenant: plainLine(tenantId),
    app: plainLine(appId),
    ...(topic === '' ? {} : { topic: plainLine(topic) }),
    subscription,
    ...ids,
  };
}

/**
 * Task queues are shared by tenant where the server has fairness; others ignore it. Activities inherit it. A consignment is of
 * many tenants, so it has the key of nobody.
 */
export function priorityOf(tenantId: string) {
  const isShort = Buffer.byteLength(tenantId) <= MAX_FAIRNESS_KEY_BYTES;
  return { fairnessKey: isShort ? tenantId : createHash('sha256').update(tenantId).digest('base64url') };
}

export function keyword(text: string): string {
  return text.slice(0, MAX_KEYWORD);
}

export function subjectAttributes({ tenantId, subscriptionId, topic, callbackHost }: DeliverySubject) {
  return [
    { key: TENANT_ID, value: keyword(tenantId) },
    { key: SUBSCRIPTION_ID, value: subscriptionId },
    { key: TOPIC, value: keyword(topic) },
    { key: CALLBACK_HOST, value: keyword(callbackHost) },
  ];
}
