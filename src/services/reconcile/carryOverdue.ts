import type { ConsignmentInput, DeliveryInput } from '../../contracts/carrying';
import { findOverdue, type Overdue, postpone, takeOver } from '../../db/carrying/overdue';
import { groupBy } from '../../domain/groupBy';
import { MAX_CONSIGNMENT } from '../carriers/carriers';
import { subjectOf } from '../subject';
import { eachOf } from './eachOf';
import type { Turn } from './turn';

/** Chosen at once: choosing reads everything that is overdue. */
const MOST_CHOSEN = 5000;
/** Asked about, then given their carriers. */
const PAGE = 500;
/** More than these share workflows: one for each would be hours of work after a fault that left a hundred thousand. */
const MAX_ALONE = 10;

/** Asks Temporal about deliveries whose carrier should have written by now, and gives a next one to those that have none. */
export async function carryOverdue(turn: Turn): Promise<boolean> {
  const overdue = await findOverdue(turn.db.knex, MOST_CHOSEN);
  for (let from = 0; from < overdue.length; from += PAGE) {
    if (!turn.mayGoOn()) return true;
    await carryPage(overdue.slice(from, from + PAGE), turn);
  }
  // The turn may have ended in the midst of the last page.
  return overdue.length === MOST_CHOSEN || !turn.mayGoOn();
}

async function carryPage(overdue: Overdue[], turn: Turn): Promise<void> {
  const { db, workflows, result } = turn;
  const open: Overdue[] = [];
  const closed: Overdue[] = [];
  const asked = eachOf(overdue, turn, async (one) => {
    ((await workflows.isDeliveryOpen(await inputOf(one, turn))) ? open : closed).push(one);
  });
  // Those that were answered go on, whatever became of the others.
  const [asking] = await Promise.allSettled([asked]);
  if (open.length > 0) await postpone(db.knex, open);
  result.postponed += open.length;
  // It sleeps too long, if PostgreSQL's clock went back; the row says until when.
  await eachOf(open, calling(turn), async (one) => workflows.signalDelivery(await inputOf(one, turn), 'attemptEnded'));
  const taken = closed.length > 0 ? await takeOver(db.knex, closed) : [];
  result.takenOver += taken.length;
  await startCarriers(taken, turn);
  if (asking.status === 'rejected') throw asking.reason;
}

/** Rows were written already, so each call is made, also when the turn is over. */
const calling = ({ onProgress, onFault }: Turn) => ({ onProgress, onFault });

async function startCarriers(taken: Overdue[], turn: Turn): Promise<void> {
  const { workflows } = turn;
  if (taken.length > MAX_ALONE) {
    await eachOf(consignmentsOf(taken), calling(turn), (consignment) => workflows.startConsignment(consignment));
  } else {
    await eachOf(taken, calling(turn), async (one) => workflows.startDelivery(await inputOf(one, turn)));
  }
}

export async function inputOf(one: Overdue, { target }: Pick<Turn, 'target'>): Promise<DeliveryInput> {
  const { deliveryId, generation, subscriptionId, subscriptionVersion, topic } = one;
  return { deliveryId, generation, subject: subjectOf(await target(subscriptionId, subscriptionVersion), topic) };
}

/** What fails again gets a workflow of its own then. */
function consignmentsOf(taken: Overdue[]): ConsignmentInput[] {
  const byGeneration = groupBy(taken, (one) => one.generation);
  return [...byGeneration].flatMap(([generation, all]) =>
    Array.from({ length: Math.ceil(all.length / MAX_CONSIGNMENT) }, (_, i) => ({
      generation,
      deliveryIds: all.slice(i * MAX_CONSIGNMENT, (i + 1) * MAX_CONSIGNMENT).map((one) => one.deliveryId),
    })),
  );
}
