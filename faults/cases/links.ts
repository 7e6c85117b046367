import { setTimeout as sleep } from 'node:timers/promises';
import { makeScene } from '../driver/scene';
import type { FaultCase, Lab } from '../lab';
import type { LinkMode, TcpProxy } from '../proxy/tcpProxy';

const HURT_MS = { short: 3000, full: 12_000 };
const BETWEEN_MS = 1000;
const SLOW_MS = 300;

export const linksSlow: FaultCase = {
  name: 'links-slow',
  what: 'each link in turn takes 300 ms longer in each direction',
  // Nothing is lost on a slow link, so there is nothing to repeat.
  limits: { maxRepeats: 0, maxUncertain: 0, answersWithinMs: 12_000 },
  isLong: true,
  run: (lab) => hurtEachLink(lab, { kind: 'slow', delayMs: SLOW_MS }),
};

export const linksCut: FaultCase = {
  name: 'links-cut',
  what: 'each link in turn is cut: what is open is reset, what is new refused',
  run: (lab) => hurtEachLink(lab, { kind: 'cut' }),
};

export const linksHalfOpen: FaultCase = {
  name: 'links-half-open',
  what: 'each link in turn swallows everything and closes nothing; what it swallowed from stays dead',
  isLong: true,
  run: (lab) => hurtEachLink(lab, { kind: 'halfOpen' }),
};

/** Of each kind of link one, or the one there is. */
function linksOf({ stack, random }: Lab): { name: string; link: TcpProxy }[] {
  const api = random.pick(stack.apis);
  const worker = random.pick(stack.workers);
  return [
    { name: `${api.name} to PostgreSQL`, link: api.links.postgres },
    { name: `${worker.name} to PostgreSQL`, link: worker.links.postgres },
    { name: `${api.name} to Temporal`, link: api.links.temporal },
    { name: `${worker.name} to Temporal`, link: worker.links.temporal },
    { name: 'workers to receiver', link: stack.callbacks },
    { name: `producers to ${api.name}`, link: api.links.front },
  ];
}

async function hurtEachLink(lab: Lab, mode: LinkMode): Promise<void> {
  const { producer, rate, short } = lab;
  const { targets } = await makeScene(lab);
  const load = producer.startLoad({ targets, perSecond: rate });
  for (const { name, link } of linksOf(lab)) {
    await sleep(BETWEEN_MS);
    const heal = await lab.beginFault(`${name} ${mode.kind}`, { stopsCallers: link === lab.stack.callbacks });
    link.setMode(mode);
    await sleep(short ? HURT_MS.short : HURT_MS.full);
    link.heal();
    await heal();
  }
  await sleep(BETWEEN_MS);
  await load.stop();
}
