/** Where an item waits to be written, and with whom. */
export interface Place {
  tenantId: string;
  /** Items of one flow need the same rows, mostly; when one of them is locked, the tenant's other flows go on without it. */
  flow: string;
  /** Rows that it will write, as far as can be told. */
  cost: number;
  /** It is light, and waits for no row that others lock: it may be in a group with other tenants' items. */
  isShareable: boolean;
}

export interface WriteOptions {
  /** The statement gives up a locked row after so long (SQLSTATE 55P03). */
  lockTimeoutMs: number;
  /** The group is of several tenants: one that turns out to be heavy is to be refused rather than written. */
  isShared: boolean;
}
