import type { FaultCase } from '../../lab';
import { countedSearches, largeAnswers, madeUpKeys, retriedDeliveries, swappedTopics, unreadAnswers } from './answers';
import { largeBodies, largeEvents, largePings } from './bodies';
import { deletedBacklog, manySubscriptions, portalTargets } from './fanOuts';
import { hangingHost, heldPings } from './hosts';
import { lockedLane, replayedLane } from './lanes';
import { lockedRow } from './lockedRow';
import { swappedNames } from './modifies';
import { ownServers } from './ownServers';
import { slowPatterns } from './patterns';
import { silentNames } from './silentNames';
import { steering } from './steering';
import { pipelinedDocuments, refusedCalls, silentSockets } from './withoutKey';

const IN_BOTH_FORMS = [
  steering,
  swappedNames,
  lockedLane,
  replayedLane,
  portalTargets,
  manySubscriptions,
  deletedBacklog,
  heldPings,
  hangingHost,
  slowPatterns,
  largeBodies,
  largeEvents,
  largePings,
  largeAnswers,
  unreadAnswers,
  countedSearches,
  retriedDeliveries,
  swappedTopics,
  madeUpKeys,
  lockedRow,
  pipelinedDocuments,
  refusedCalls,
  silentSockets,
  // It needs an installation of its own.
  silentNames,
];

/** One installation after the other. */
export const NEIGHBOURS: readonly FaultCase[] = [
  ownServers,
  ...IN_BOTH_FORMS.map(({ one }) => one),
  ...IN_BOTH_FORMS.map(({ two }) => two),
];
