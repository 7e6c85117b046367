import type { Pids } from './cpu';
import type { TemporalMetrics } from './temporalCalls';

/** A Postrider that is up. */
export interface Stack {
  url: string;
  operatorKey: string;
  /** null: T is not measured. */
  temporal: { address: string; namespace: string } | null;
  /** null: calls to Temporal are not counted. */
  temporalMetrics: TemporalMetrics | null;
  /** null: CPU and memory are not measured. */
  pids: Pids | null;
  stop(): Promise<void>;
}
