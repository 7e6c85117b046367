import type { Limits } from './checker/check';
import type { Operator } from './driver/operator';
import type { Producer } from './driver/producer';
import type { Receiver } from './driver/receiver';
import type { Journal } from './journal/journal';
import type { Random } from './random';
import type { Form, Stack } from './stack/stack';

/** What a case works with: the installation, and what is of this case alone. */
export interface Lab {
  stack: Stack;
  journal: Journal;
  receiver: Receiver;
  producer: Producer;
  operator: Operator;
  random: Random;
  /** The smaller form of the case is wanted. */
  short: boolean;
  /** Events per second of the steady load. */
  rate: number;
  /** Whose deliveries are looked at when all is quiet; scenes add theirs. */
  tenantIds: string[];
  /** A fault begins; what is returned says that it has healed. `stopsCallers`: see the journal's entry. */
  beginFault(what: string, options?: { stopsCallers?: boolean }): Promise<() => Promise<void>>;
  /** Resolves when nothing of the case is pending any more and no carrier of it is open, or at the deadline. */
  becomesQuiet(): Promise<void>;
  /** More that is not as promised, found by the case itself. */
  report(violation: string): void;
  /** What was measured, a line of the report. */
  figure(line: string): void;
}

export interface FaultCase {
  name: string;
  /** One line for `--help` and the README. */
  what: string;
  /** It gets an installation of its own, whose PostgreSQL has a disk of this size. */
  diskMib?: number;
  /** The installation that it needs. Default: split. */
  form?: Form;
  /** It gets an installation of its own, which asks this server for names. */
  nameServer?: string;
  /** It gets an installation of its own, whose processes run the code from before a deploy. */
  startsFromOldBuild?: {
    /** Default: the last commit before the workflows' code changed. */
    commit?: string;
  };
  /** What it leaves behind, a tenant's thousands of deliveries, is not the next case's: that gets another installation. */
  leavesMuch?: boolean;
  /** Left out of the short form. */
  isLong?: boolean;
  limits?: Limits;
  /** Until everything that waits is delivered, once the faults have healed. Default 180 s. */
  quietWithinMs?: number;
  /** @throws NotRun where the machine does not allow it. */
  run(lab: Lab): Promise<void>;
}

/** Neither passed nor failed. */
export class NotRun extends Error {}
