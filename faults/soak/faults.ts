import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../lab';
import type { TcpProxy } from '../proxy/tcpProxy';
import { END_CONNECTIONS } from '../stack/postgresServer';
import type { ProductProcess } from '../stack/productProcess';
import type { Stack } from '../stack/stack';
import { LASTS_AT_MOST_MS } from './plan';

const SLOW_MS = 300;
/** Longer than the product waits before it tries a lost connection again. */
const LASTS_AT_LEAST_MS = 3000;
const START_TRIES = 5;

/** With a victim, and how long it lasts. */
interface Drawn {
  what: string;
  /** See the journal's entry. */
  stopsCallers?: boolean;
  begin(): unknown;
  heal(): unknown;
}

type Draw = (lab: Lab) => Drawn;

/** Killed are the second ones of each role only: what the first ones hold on to is to be seen after half an hour. */
const killable = ({ apis, workers }: Stack): ProductProcess[] => [...apis.slice(1), ...workers.slice(1)];

function linksOf({ apis, processes, callbacks }: Stack): { name: string; link: TcpProxy }[] {
  return [
    ...processes.map(({ name, links }) => ({ name: `${name} to PostgreSQL`, link: links.postgres })),
    ...processes.map(({ name, links }) => ({ name: `${name} to Temporal`, link: links.temporal })),
    ...apis.map(({ name, links }) => ({ name: `producers to ${name}`, link: links.front })),
    { name: 'workers to receiver', link: callbacks },
  ];
}

const killed: Draw = ({ stack, random }) => {
  const victim = random.pick(killable(stack));
  const what = `${victim.name} killed`;
  return { what, stopsCallers: true, begin: () => victim.kill9(), heal: () => startAgain(victim) };
};

/** As a supervisor does it: one that finds no server in time says so and ends. */
async function startAgain(victim: ProductProcess): Promise<void> {
  for (let triesLeft = START_TRIES; ; triesLeft--) {
    try {
      return await victim.start();
    } catch (error) {
      if (triesLeft <= 1) throw error;
    }
  }
}

const suspended: Draw = ({ stack, random }) => {
  const victim = random.pick(stack.processes);
  const what = `${victim.name} suspended`;
  return { what, stopsCallers: true, begin: () => victim.suspend(), heal: () => victim.resume() };
};

const broken: Draw = ({ stack, random }) => {
  const { name, link } = random.pick(linksOf(stack));
  const kind = random.pick(['cut', 'halfOpen'] as const);
  const stopsCallers = link === stack.callbacks;
  return { what: `${name} ${kind}`, stopsCallers, begin: () => link.setMode({ kind }), heal: () => link.heal() };
};

const slow: Draw = ({ stack, random }) => {
  const { name, link } = random.pick(linksOf(stack));
  const begin = () => link.setMode({ kind: 'slow', delayMs: SLOW_MS });
  return { what: `${name} slow`, begin, heal: () => link.heal() };
};

const temporalStopped: Draw = ({ stack, random }) => {
  const { own } = stack.temporal;
  const isKilled = random.next() < 0.5;
  return {
    what: `Temporal ${isKilled ? 'killed' : 'suspended'}`,
    begin: () => (isKilled ? own?.kill9() : own?.suspend()),
    heal: () => own?.restore(),
  };
};

const connectionsEnded: Draw = ({ stack: { postgres } }) => {
  const endAll = () => postgres.query(END_CONNECTIONS);
  return { what: 'every connection to PostgreSQL ended, twice', begin: endAll, heal: endAll };
};

/** Six, of which the last needs a Temporal of our own. */
export function kindsFor({ temporal }: Stack): Draw[] {
  const kinds = [killed, suspended, broken, slow, connectionsEnded];
  return temporal.own ? [...kinds, temporalStopped] : kinds;
}

/** Resolves when it has healed. */
export async function hurt(lab: Lab, draw: Draw): Promise<string> {
  const { what, stopsCallers, begin, heal } = draw(lab);
  const lastsMs = lab.random.between(LASTS_AT_LEAST_MS, LASTS_AT_MOST_MS);
  const healed = await lab.beginFault(what, { stopsCallers });
  await begin();
  await sleep(lastsMs);
  await heal();
  await healed();
  return `${what} for ${(lastsMs / 1000).toFixed(1)} s`;
}
