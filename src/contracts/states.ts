/** States of a delivery (design: Vocabulary). `pending` is the only one that an attempt may change. */
export const DELIVERY_STATES = ['pending', 'delivered', 'failed', 'cancelled'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** States of a lane. An independent subscription's lane is `idle` while its deliveries do not wait behind it. */
export const LANE_STATES = ['idle', 'awaiting_history', 'running', 'retrying', 'stopped', 'paused', 'sick'] as const;
export type LaneState = (typeof LANE_STATES)[number];

export const SUBSCRIPTION_STATES = ['active', 'paused', 'deleted'] as const;
export type SubscriptionState = (typeof SUBSCRIPTION_STATES)[number];

/** The ways in that make subscriptions. docs/architecture.md says what another one needs. */
export const INTERFACES = ['native', 'data-push', 'cmdb', 'gateway', 'portal'] as const;
export type InterfaceName = (typeof INTERFACES)[number];

export const ROLES = ['operator', 'platform', 'producer', 'subscriber'] as const;
export type Role = (typeof ROLES)[number];
