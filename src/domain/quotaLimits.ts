/** How much of everything a tenant, an app or a portal user may have. */
export interface QuotaLimits {
  /** All interfaces count together: each CMDB subscription and each gateway registration is one. */
  subscriptionsPerApp: number;
  appsPerTenant: number;
  /** Live ones, without those of portal users. */
  keysPerTenant: number;
  /** Live ones of portal users. */
  userKeysPerApp: number;
  /** Bounds each portal user, and the defaults of each tenant. */
  portalSubscriptionsPerUser: number;
  /** Calls with an `Idempotency-Key` whose answers are kept, of each app, portal user and key without an app. */
  repeatableCallsPerApp: number;
}

/** Far beyond honest use; up to these, a tenant's rows cost others nothing but disk space. */
export const QUOTA_LIMITS: QuotaLimits = {
  subscriptionsPerApp: 10_000,
  appsPerTenant: 1_000,
  keysPerTenant: 1_000,
  userKeysPerApp: 100_000,
  portalSubscriptionsPerUser: 1_000,
  repeatableCallsPerApp: 100_000,
};
