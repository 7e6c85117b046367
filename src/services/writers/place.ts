/** Where an item waits to be written, and with whom. */
export interface Place {
  tenantId: string;
  /** Items of one flow need the same rows, mostly; when one of them is locked, the tenant's other flows go on without it. */
  flow: string;
  /** Rows that it will write, as far as can be told. */
  cost: number;
  /**
   * It is light: it may be in a group with other tenants' items. `locking`: it waits for rows that others lock too, so only
   * with what does the same. Null: it is written with its tenant's items only.
   */
  shares: 'free' | 'locking' | null;
}

export interface WriteOptions {
  /** The statement gives up a locked row after so long (SQLSTATE 55P03). */
  lockTimeoutMs: number;
  /** The group is of several tenants: one that turns out to be heavy is to be refused rather than written. */
  isShared: boolean;
}
