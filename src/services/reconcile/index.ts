export { reconcile } from './round';
export type { ReconcileOptions, ReconcileResult } from './turn';
