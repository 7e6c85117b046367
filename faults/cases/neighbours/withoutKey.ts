import type { Lab } from '../../lab';
import type { Attacker } from '../../neighbours/attacker';
import type { Pipeline } from '../../neighbours/attacker/sockets';
import { watchMemory } from '../../neighbours/memory';
import { besideAttack } from './forms';

/** Calls that are sent on a connection before the first answer is read. */
const DEPTH = 500;
const CONNECTIONS = 4;

/** @returns what begins pipelined calls at every process, and reports how many were answered. */
function pipelines(lab: Lab, attacker: Attacker, calls: readonly Omit<Pipeline, 'url'>[]) {
  return async () => {
    const running = lab.stack.apis.flatMap(({ url }) =>
      calls.map((call) => attacker.child.call('pipeline', { url, ...call })),
    );
    return async () => {
      await attacker.child.call('stop');
      const reports = await Promise.all(running);
      const answers = reports.reduce((sum, report) => sum + report.answers, 0);
      const mib = reports.reduce((sum, report) => sum + report.bytes, 0) / 1024 / 1024;
      lab.figure(`attacker ${answers} answers, ${mib.toFixed(0)} MiB`);
    };
  };
}

export const pipelinedDocuments = besideAttack({
  name: 'beside-pipelined-documents',
  what: 'without a key, 500 calls at once on a connection for the API document and the docs page',
  async attack(lab, attacker) {
    const paths = ['/openapi.json', '/docs', '/docs/swagger-ui-bundle.js'];
    const calls = paths.map((path) => ({ path, depth: DEPTH, connections: CONNECTIONS }));
    return { begin: pipelines(lab, attacker, calls), judge: watchMemory(lab).judge };
  },
});

const REFUSED_DEPTH = 1000;

export const refusedCalls = besideAttack({
  name: 'beside-refused-calls',
  what: 'without a key, 1,000 calls at once on a connection, each of them refused',
  async attack(lab, attacker) {
    const headers = { authorization: `pr_nobody_${'x'.repeat(43)}` };
    const calls = [{ path: '/v1/subscriptions', depth: REFUSED_DEPTH, connections: CONNECTIONS, headers }];
    return { begin: pipelines(lab, attacker, calls) };
  },
});

/** More than the API takes in all, so that a place that becomes free is taken at once. */
const SOCKETS = 5500;

export const silentSockets = besideAttack({
  name: 'beside-silent-sockets',
  what: 'without a key, as many connections as are taken, that never say a word, opened again as soon as they are closed',
  async attack(lab, attacker) {
    const begin = async () => {
      // What the victim calls over is opened after them.
      const held = lab.stack.apis.map(({ url }) => attacker.child.call('holdSockets', { url, count: SOCKETS }));
      const counts = (await Promise.all(held)).map(({ most }) => most);
      lab.figure(`attacker ${counts.join(' and ')} sockets`);
      return async () => attacker.child.call('stop');
    };
    return { begin };
  },
});
