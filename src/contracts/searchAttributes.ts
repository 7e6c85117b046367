import { defineSearchAttributeKey } from '@temporalio/common';

/** What operators filter by in the Temporal UI. Names are fixed: a slot that is given up on PostgreSQL keeps its old data. */
export const SEARCH_ATTRIBUTES = {
  TenantId: 'Keyword',
  SubscriptionId: 'Keyword',
  Topic: 'Keyword',
  CallbackHost: 'Keyword',
  DeliveryState: 'Keyword',
  LaneState: 'Keyword',
  Attempt: 'Int',
} as const;

export type SearchAttributeName = keyof typeof SEARCH_ATTRIBUTES;

export const TENANT_ID = defineSearchAttributeKey('TenantId', 'KEYWORD');
export const SUBSCRIPTION_ID = defineSearchAttributeKey('SubscriptionId', 'KEYWORD');
export const TOPIC = defineSearchAttributeKey('Topic', 'KEYWORD');
export const CALLBACK_HOST = defineSearchAttributeKey('CallbackHost', 'KEYWORD');
export const DELIVERY_STATE = defineSearchAttributeKey('DeliveryState', 'KEYWORD');
export const LANE_STATE = defineSearchAttributeKey('LaneState', 'KEYWORD');
export const ATTEMPT = defineSearchAttributeKey('Attempt', 'INT');
