import type { FaultCase } from '../lab';
import { acceptKilled } from './acceptKilled';
import { activation } from './activation';
import { apiKilled } from './apiKilled';
import { carriersTerminated } from './carriers';
import { carriersDoubled } from './carriersDoubled';
import { clocksApart } from './clocksApart';
import { deploy } from './deploy';
import { diskFull } from './diskFull';
import { failover } from './failover';
import { hanging } from './hanging';
import { historyKilled, historyRaced } from './history';
import { limited } from './limited';
import { linksCut, linksHalfOpen, linksSlow } from './links';
import { NEIGHBOURS } from './neighbours';
import { outcomeKilled } from './outcomeKilled';
import { postgresFull, postgresKilled, postgresRestarted, postgresSuspended } from './postgresFaults';
import { reconciles } from './reconciles';
import { restoreBackup } from './restore';
import { rollback } from './rollback';
import { sameKey } from './sameKey';
import { suspended } from './suspended';
import { temporalDeleted } from './temporalDeleted';
import { temporalKilled, temporalSuspended } from './temporalFaults';
import { upgrade } from './upgrade';
import { workerIsolated } from './workerIsolated';
import { workersJoinAndLeave } from './workersJoinAndLeave';
import { workersKilled } from './workersKilled';
import { workersRestarted } from './workersRestarted';

/** In the order in which they run. */
export const CASES: readonly FaultCase[] = [
  apiKilled,
  acceptKilled,
  outcomeKilled,
  workersKilled,
  workersRestarted,
  workerIsolated,
  postgresKilled,
  postgresRestarted,
  postgresSuspended,
  postgresFull,
  failover,
  restoreBackup,
  temporalKilled,
  temporalSuspended,
  linksSlow,
  linksCut,
  linksHalfOpen,
  sameKey,
  carriersDoubled,
  reconciles,
  historyRaced,
  historyKilled,
  activation,
  temporalDeleted,
  carriersTerminated,
  suspended,
  hanging,
  limited,
  clocksApart,
  deploy,
  rollback,
  upgrade,
  diskFull,
  workersJoinAndLeave,
  ...NEIGHBOURS,
];

export const CASE_NAMES = CASES.map(({ name }) => name);
