import { makeTenant, putTopic, registerPush, subscribe } from '../driver/scene';
import type { FaultCase, Lab } from '../lab';
import type { Moment } from '../proxy/statementHold';
import { within } from '../within';

/** The statements that record an acknowledgement (src/db/carrying/outcomes.ts, recordPushed.ts). */
const RECORD = ['record_delivered', 'record_pushed'];

const ROUNDS = ['first', 'retry', 'push'].flatMap((attempt) =>
  (['unsent', 'committing', 'committed'] as const).map((moment) => ({ attempt, moment })),
);
/** Of each kind of attempt the one that has to be repeated. */
const SHORT_ROUNDS = ROUNDS.filter(({ moment }) => moment === 'unsent');

export const outcomeKilled: FaultCase = {
  name: 'outcome-killed',
  what: "a worker is killed between the receiver's 2xx and the record of it, and right after: in a first attempt, a retry, a push",
  // Of each round that records nothing, its one event; a kill may cut short what another round left to be repeated.
  limits: { maxRepeats: 9 },
  async run(lab) {
    const { receiver, journal, short } = lab;
    const topics = { first: `${journal.name}-first`, retry: `${journal.name}-retry`, push: `${journal.name}-push` };
    const tenant = await makeTenant(lab);
    for (const topic of Object.values(topics)) await putTopic(lab, topic);
    const retry = Array(50).fill(2);
    await subscribe(lab, tenant, { name: 'first', topics: [topics.first], retry });
    const { path } = await subscribe(lab, tenant, { name: 'retry', topics: [topics.retry], retry });
    await registerPush(lab, tenant, { name: 'push', topics: [topics.push] });

    const tried = new Set<string>();
    // 400 does not count against the receiver.
    receiver.on(path, ({ deliveryId }) => (tried.size === tried.add(deliveryId).size ? {} : { status: 400 }));
    for (const { attempt, moment } of short ? SHORT_ROUNDS : ROUNDS) {
      const topic = topics[attempt as keyof typeof topics];
      await killAtRecord(lab, { moment, publish: () => lab.producer.publish({ ...tenant, topic }) });
    }
  },
};

async function killAtRecord(
  { stack, beginFault }: Lab,
  { moment, publish }: { moment: Moment; publish(): Promise<unknown> },
): Promise<void> {
  const held = stack.workers.map(async (worker) => {
    await worker.statements.next({ statements: RECORD, moment });
    return worker;
  });
  await publish();
  const victim = await within(60_000, Promise.race(held), `an outcome that is ${moment}`);
  const heal = await beginFault(`${victim.name} killed with an outcome that is ${moment}`, { stopsCallers: true });
  for (const { statements } of stack.workers) statements.disarm();
  await victim.kill9();
  await victim.start();
  await victim.becomesReady();
  await heal();
}
