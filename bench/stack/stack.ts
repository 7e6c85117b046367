import type { Pids } from './cpu';

/** A Postrider that is up. */
export interface Stack {
  url: string;
  operatorKey: string;
  /** null: T is not measured. */
  temporal: { address: string; namespace: string } | null;
  /** null: CPU is not measured. */
  pids: Pids | null;
  stop(): Promise<void>;
}
