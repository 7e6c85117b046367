import type { MembershipRead } from '../../../src/db/membership';
import { InFlightShares, livingOf, type Sharing } from '../../../src/services/attempts/inFlightShares';
import { now } from '../../../src/services/instant';

const GONE_MS = 100_000;

/** Repeats itself for the same seed. */
function randomOf(seed: number) {
  let state = seed;
  return (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

const subscription = (at: number, maxInFlight: number): Sharing => ({
  id: `01a20000-0000-7000-8000-00000000000${at}`,
  maxInFlight,
  timeoutMs: 0,
});
const SUBSCRIPTIONS = [1, 2, 3, 5, 10].map((maxInFlight, at) => subscription(at, maxInFlight));

/** What PostgreSQL holds, and processes that say and hear in any order. */
function startWorld() {
  const membership = { epoch: 0, members: [] as string[] };
  const rows = new Map<string, MembershipRead['processes'][number]>();
  /** Holders of leased slots, by subscription and slot. */
  const slots = new Map<string, string>();
  const read = (): MembershipRead => ({
    epoch: membership.epoch,
    members: [...membership.members],
    processes: [...rows.values()].map((row) => ({ ...row, over: [...row.over] })),
  });

  function startProcess(id: string) {
    const inFlight = new Map<Sharing, number>();
    const countOf = (sharing: Sharing) => inFlight.get(sharing) ?? 0;
    const keysOf = ({ id: subscriptionId }: Sharing) =>
      [...slots].filter(([key, holder]) => key.startsWith(subscriptionId) && holder === id).map(([key]) => key);
    const shares = new InFlightShares({
      processId: id,
      inFlight: () => [...inFlight].map(([sharing, count]) => ({ sharing, count })),
      leased: (sharing) => keysOf(sharing).length,
      onChanged: () => undefined,
      onLapsed: () => undefined,
    });
    return {
      id,
      countOf,
      shares,
      say: () => rows.set(id, { id, silentMs: 0, ...shares.toSay() }),
      meet() {
        const heard = read();
        const members = livingOf(heard);
        if (members.join() !== heard.members.join()) {
          membership.epoch++;
          membership.members = members;
        }
        shares.hear(heard, now());
      },
      begin(sharing: Sharing) {
        if (countOf(sharing) >= shares.of(sharing) && shares.mayLease(sharing)) {
          for (let slot = 0; slot < sharing.maxInFlight; slot++) {
            const key = `${sharing.id}/${slot}`;
            const isFree = !slots.has(key) || !rows.has(slots.get(key) ?? '');
            if (!isFree) continue;
            slots.set(key, id);
            break;
          }
        }
        if (countOf(sharing) < shares.of(sharing)) inFlight.set(sharing, countOf(sharing) + 1);
      },
      end(sharing: Sharing) {
        if (countOf(sharing) > 0) inFlight.set(sharing, countOf(sharing) - 1);
        const [key] = keysOf(sharing);
        if (key && countOf(sharing) < keysOf(sharing).length) slots.delete(key);
      },
      leave: () => rows.delete(id),
      /** Its connections end with it. */
      kill() {
        const row = rows.get(id);
        if (row) row.silentMs = GONE_MS;
        for (const key of [...slots.keys()]) if (slots.get(key) === id) slots.delete(key);
      },
    };
  }
  return { startProcess };
}

test('in whatever order processes join, leave, die, say and hear: no subscription has more than maxInFlight', () => {
  const used = new Map<Sharing, number>();
  for (let seed = 1; seed <= 300; seed++) {
    const random = randomOf(seed);
    const world = startWorld();
    let started = 0;
    let living: ReturnType<typeof world.startProcess>[] = [];
    for (let step = 0; step < 600; step++) {
      const process = living[random(living.length)];
      const sharing = SUBSCRIPTIONS[random(SUBSCRIPTIONS.length)] as Sharing;
      const act = random(100);
      if (!process || (act < 2 && living.length < 5)) living.push(world.startProcess(`p${started++}`));
      else if (act < 3) {
        if (random(2) === 0) process.kill();
        else if (SUBSCRIPTIONS.every((one) => process.countOf(one) === 0)) process.leave();
        else continue;
        living = living.filter((one) => one !== process);
      } else if (act < 20) process.say();
      else if (act < 40) process.meet();
      else if (act < 75) process.begin(sharing);
      else process.end(sharing);
      for (const one of SUBSCRIPTIONS) {
        const underWay = living.reduce((sum, each) => sum + each.countOf(one), 0);
        if (underWay > one.maxInFlight)
          throw new Error(`seed ${seed}, step ${step}: ${underWay} of ${one.maxInFlight}`);
        used.set(one, Math.max(used.get(one) ?? 0, underWay));
      }
    }
  }
  expect([...used].every(([{ maxInFlight }, most]) => most === maxInFlight)).toBe(true);
});

test('processes that agree use all of it between them', () => {
  const world = startWorld();
  const processes = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => world.startProcess(id));
  for (let round = 0; round < 4; round++) {
    for (const process of processes) process.say();
    for (const process of processes) process.meet();
  }
  for (const maxInFlight of [6, 7, 10, 100]) {
    const sharing = subscription(9, maxInFlight);
    expect(processes.reduce((sum, { shares }) => sum + shares.of(sharing), 0)).toBe(maxInFlight);
  }
});
