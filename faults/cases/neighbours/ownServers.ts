import { randomInt } from 'node:crypto';
import { startOwnStack } from '../../../bench/stack/ownStack';
import { choosePort } from '../../../src/embedded/ports';
import type { FaultCase, Lab } from '../../lab';
import { portsOf } from '../../neighbours/listeners';
import { type Attempted, waysOf } from '../../neighbours/reach';
import { childrenOf } from '../../stack/processTree';

const HOSTS = ['127.0.0.1', 'localhost'];
/** The short form delivers to one host only: each delivery takes seconds. */
const SHORT_HOSTS = ['localhost'];
const CLOSED_PORTS = [20_000, 32_000] as const;

export const ownServers: FaultCase = {
  name: 'own-servers',
  what: 'every port of PostgreSQL, Temporal and our own listener as the target of every call that a subscriber can cause',
  form: 'one',
  async run(lab) {
    const { stack, operator, report } = lab;
    const temporalPort = Number(stack.temporal.address.split(':').at(-1));
    const listeners = stack.processes.map(({ url }) => Number(new URL(url).port));
    const [api] = stack.apis;
    if (!api) throw new Error('no API');
    await tryAll(lab, { url: api.url, operatorKey: stack.operatorKey }, 'external', [
      ...[stack.postgres.port, temporalPort],
      ...listeners,
    ]);
    const own = await startOwnStack({ profileDir: null });
    try {
      if (!own.pids) throw new Error('the processes of the embedded servers are not known here');
      const pids = Object.values(own.pids).flatMap((pid) => [pid, ...childrenOf(pid)]);
      await tryAll(lab, { url: own.url, operatorKey: own.operatorKey }, 'embedded', portsOf(pids));
    } finally {
      await own.stop();
    }
    // Nothing of what was called may have been harmed by it.
    await operator.call('GET', '/readyz').catch((error: unknown) => report(`harmed: ${error}`));
  },
};

async function tryAll(lab: Lab, installation: Attempted, what: string, ports: readonly number[]): Promise<void> {
  const ways = await waysOf(installation);
  const closed = await choosePort(randomInt(...CLOSED_PORTS));
  let reached = 0;
  let tried = 0;
  const note = (way: string, target: string, told: string) => {
    reached++;
    lab.report(`reached: ${what} ${target} by ${way}: ${told.slice(0, 160)}`);
  };
  for (const host of HOSTS) {
    for (const way of ways.tests) {
      const expected = await ways.test(way, host, closed);
      for (const port of ports) {
        tried++;
        const told = await ways.test(way, host, port);
        // An address that is written out may be refused as such, before anything is called.
        if (told !== expected && !told.startsWith('N {"errcode":"N","errmsg":"callbackUrl'))
          note(way, `${host}:${port}`, told);
      }
    }
  }
  for (const host of lab.short ? SHORT_HOSTS : HOSTS) {
    for (const way of ways.deliveries) {
      for (const port of ports) {
        tried++;
        const told = await ways.deliver(way, host, port);
        if (told !== null) note(way, `${host}:${port}`, told);
      }
    }
  }
  lab.figure(`${what}: ${reached} of ${tried} calls to ${ports.length} ports reached or told something (limit 0)`);
}
