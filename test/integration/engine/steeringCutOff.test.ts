import { setTimeout as sleep } from 'node:timers/promises';
import { TcpProxy } from '../../../faults/proxy/tcpProxy';
import { type Installation, startInstallation, waitFor } from '../../support/engine';
import { type Receiver, startReceiver } from '../../support/receiver';
import { makeWaiting, type Node, waitForAttempts } from './steeringSetup';

jest.setTimeout(120_000);

/** The last poll before the link was hurt is older than calls may go by. */
const STALE_AFTER_MS = 1100;
/** A call that was not held would have begun by then. */
const BEGINS_WITHIN_MS = 300;

let installation: Installation;
let receiver: Receiver;
let link: TcpProxy;
/** Reaches PostgreSQL over the link. */
let node: Node;
let other: Node;

beforeEach(async () => {
  installation = await startInstallation();
  receiver = await startReceiver();
  const url = new URL(installation.databaseUrl);
  link = await TcpProxy.start({ target: { host: url.hostname, port: Number(url.port) } });
  url.host = `127.0.0.1:${link.port}`;
  node = await installation.startNode({ url: url.href });
  other = await installation.startNode({ role: 'api' });
});

afterEach(async () => {
  link?.heal();
  await receiver?.stop();
  await installation?.stop();
  await link?.stop();
});

const attemptsLogged = ({ lines }: Node) => lines.filter(({ event }) => event === 'delivery.attempted').length;

test.each(['cut', 'halfOpen'] as const)(
  'while the link to PostgreSQL is %s for more than a second no call begins, and afterwards none of what was steered',
  async (kind) => {
    const steered = await makeWaiting({ installation, receiver, node }, { setting: 'in order' });
    const others = await makeWaiting({ installation, receiver, node }, { setting: 'in order' });
    link.setMode({ kind });
    await other.deleteSubscription(steered.subscriptionIds[0] ?? '');
    await sleep(STALE_AFTER_MS);
    steered.release();
    others.release();
    await waitFor(() => attemptsLogged(node) === 2 || undefined, { what: 'the ends of the calls under way' });
    await sleep(BEGINS_WITHIN_MS);
    expect([steered, others].map(({ path }) => receiver.hits(path).length)).toEqual([1, 1]);

    link.heal();
    await waitForAttempts(installation, { subscriptionIds: others.subscriptionIds, count: 4 });
    expect(receiver.hits(steered.path)).toHaveLength(1);
    expect(receiver.hits(others.path)).toHaveLength(4);
  },
);
