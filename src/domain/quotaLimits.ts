/** How much of everything a tenant, an app or a portal user may have. */
export interface QuotaLimits {
  /** Of all interfaces together: each CMDB subscription and each gateway registration is one. */
  subscriptionsPerApp: number;
  appsPerTenant: number;
  /** Live ones, without those of portal users. */
  keysPerTenant: number;
  /** Live ones of portal users. */
  userKeysPerApp: number;
  /** What one portal user subscribes to, and the defaults that one tenant has. */
  portalSubscriptionsPerUser: number;
}

/** Far beyond honest use; up to these, a tenant's rows cost others nothing but disk space. */
export const QUOTA_LIMITS: QuotaLimits = {
  subscriptionsPerApp: 10_000,
  appsPerTenant: 1_000,
  keysPerTenant: 1_000,
  userKeysPerApp: 100_000,
  portalSubscriptionsPerUser: 1_000,
};
