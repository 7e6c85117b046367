import type { Migration } from '../migrating/migration';
import * as frame from './20261122000000_frame';
import * as cmdb from './20261122100000_cmdb';
import * as gateway from './20261122110000_gateway';
import * as portal from './20261122120000_portal';
import * as fanOut from './20261122130000_fan_out';
import * as retention from './20261122190000_retention';
import * as inlinedIds from './20261123060000_inlined_ids';
import * as selectorsSince from './20261130100100_selectors_since';
import * as fanOutTargets from './20261130100110_fan_out_targets';
import * as attemptFaults from './20261130100200_attempt_faults';
import * as steerings from './20261130100400_steerings';
import * as maintenance from './20261130100500_maintenance';
import * as cancellations from './20261130100510_cancellations';
import * as quotas from './20261130100600_quotas';
import * as auditTable from './20261130100700_audit';
import * as failuresToShow from './20261130160100_failures_to_show';
import * as requestIds from './20261130160700_request_ids';
import * as firstAnswers from './20261130160800_first_answers';
import * as inFlightShares from './20261130170300_in_flight_shares';
import * as roundLeases from './20261130171500_round_leases';
import * as schemaMigrations from './20261130190000_schema_migrations';

/** Append only; the order of the names is the order of the changes. */
export const MIGRATIONS: readonly Migration[] = [
  { name: '20261122000000_frame', ...frame },
  { name: '20261122100000_cmdb', ...cmdb },
  { name: '20261122110000_gateway', ...gateway },
  { name: '20261122120000_portal', ...portal },
  { name: '20261122130000_fan_out', ...fanOut },
  { name: '20261122190000_retention', ...retention },
  { name: '20261123060000_inlined_ids', ...inlinedIds },
  { name: '20261130100100_selectors_since', ...selectorsSince },
  { name: '20261130100110_fan_out_targets', ...fanOutTargets },
  { name: '20261130100200_attempt_faults', ...attemptFaults },
  { name: '20261130100400_steerings', ...steerings },
  { name: '20261130100500_maintenance', ...maintenance },
  { name: '20261130100510_cancellations', ...cancellations },
  { name: '20261130100600_quotas', ...quotas },
  { name: '20261130100700_audit', ...auditTable },
  { name: '20261130160100_failures_to_show', ...failuresToShow },
  { name: '20261130160700_request_ids', ...requestIds },
  { name: '20261130160800_first_answers', ...firstAnswers },
  { name: '20261130170300_in_flight_shares', ...inFlightShares },
  { name: '20261130171500_round_leases', ...roundLeases },
  { name: '20261130190000_schema_migrations', ...schemaMigrations },
];
