import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import { acceptEvents } from '../../../src/db/carrying/accept';
import { claimDeliveries } from '../../../src/db/carrying/claim';
import { claimBehindLane } from '../../../src/db/carrying/claimBehindLane';
import { nextInLine } from '../../../src/db/carrying/nextInLine';
import { recordOutcomes } from '../../../src/db/carrying/outcomes';
import { recordPushed } from '../../../src/db/carrying/recordPushed';
import { makeCopies } from '../../../src/db/carrying/replays';
import { endSickness, markSick, takeProbe } from '../../../src/db/carrying/sick';
import { readStandings } from '../../../src/db/carrying/standing';
import type { Database } from '../../../src/db/database';
import { type Carrying, outcomeOf, startCarrying, toAccept } from './carrying';
import { connectHot, scansOf, statementOf } from './plans';

jest.setTimeout(60_000);

let carrying: Carrying;
let client: Client;
beforeAll(async () => {
  carrying = await startCarrying();
  client = await connectHot(carrying.url);
});
afterAll(async () => {
  await client.end();
  await carrying.stop();
});

const deliveryId = '01a20000-0000-7000-8000-000000000000';
const hold = { laneId: randomUUID(), epoch: 1, isReplaying: false };
const subscriptionId = randomUUID();
const carrier = { deliveryId, generation: 1, attempt: 1 };
const pushed = { deliveryId, startedAgoMs: 1, durationMs: 1, statusCode: 200, responseExcerpt: null };

/** What the hot path does with deliveries, and by what condition each finds them: one, or the first of a line. */
const BY_ID = /\bid = /;
const BY_KEY = /\bid = |subscription_id = .* AND \(topic = |\bselector = /;
/** One look-up for each delivery, however many cancellations others have open. */
const BY_CANCELLED = /subscription_id = d|tenant_id = .* AND \(app_id = .* AND \(event_tenant_id = /;
const BY_LINE = /\b(id|subscription_id) = /;
const BY_LINE_OR_ORIGINAL = /subscription_id = .* AND \(topic = |\bid = |\breplay_of = /;
const STATEMENTS: [string, (db: Database) => Promise<unknown>, RegExp][] = [
  ['accept_alone', (db) => acceptEvents(db, { events: [toAccept()], attempting: true }), BY_ID],
  ['accept', (db) => acceptEvents(db, { events: [toAccept(), toAccept()], attempting: true }), BY_ID],
  ['claim', (db) => claimDeliveries(db, { wanted: [carrier], early: false }), BY_ID],
  ['standing', (db) => readStandings(db, [deliveryId]), BY_ID],
  ['record_delivered', (db) => recordOutcomes(db, [outcomeOf(carrier, 200)]), BY_ID],
  ['record_failed', (db) => recordOutcomes(db, [outcomeOf(carrier, 500)]), BY_ID],
  ['record_pushed', (db) => recordPushed(db, hold, [pushed]), BY_ID],
  ['next_in_line', (db) => nextInLine(db, hold, 0), BY_LINE],
  ['claim_behind_lane', (db) => claimBehindLane(db, { subscriptionId, limit: 10, laneState: 'running' }), BY_LINE],
  ['make_copies', (db) => makeCopies(db, hold), BY_LINE_OR_ORIGINAL],
  ['mark_sick', (db) => markSick(db, { subscriptionId, probeInMs: 1 }), BY_LINE],
  ['end_sickness', (db) => endSickness(db, subscriptionId), BY_LINE],
  ['take_probe', (db) => takeProbe(db, subscriptionId), BY_LINE],
];

test.each(STATEMENTS)(
  'the plan of %s, made while the tables are empty, reads by key',
  async (_name, call, condition) => {
    const scans = await scansOf(client, await statementOf(call, carrying.db));
    const reads = scans.filter(({ relation }) => /^(deliveries_\d|lanes|subscription|grant)/.test(relation));
    expect(reads.length).toBeGreaterThan(0);
    const wholes = reads.filter((read) => !conditionOf(read.relation, condition).test(read.condition));
    expect(wholes).toEqual([]);
  },
);

function conditionOf(relation: string, ofDeliveries: RegExp): RegExp {
  if (relation.startsWith('deliveries')) return ofDeliveries;
  return relation.endsWith('_cancellations') ? BY_CANCELLED : BY_KEY;
}
