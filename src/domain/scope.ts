/** Whose rows a caller sees: everybody's, those of one tenant's apps, or those of one app. */
export type Scope =
  | { kind: 'all' }
  | { kind: 'tenant'; tenantId: string }
  | { kind: 'app'; tenantId: string; appId: string };
