import { type Installation, startInstallation } from '../../support/engine';
import { type Receiver, startReceiver } from '../../support/receiver';
import { acts, contradictingCalls, FAN_OUT, type Node, SETTINGS, type SettingName } from './steeringSetup';

jest.setTimeout(300_000);

/** They mostly wait; but what a process holds has to be sent within 10 s, also on a busy machine. */
const ACTS_AT_ONCE = 3;

let installation: Installation;
let receiver: Receiver;
let node: Node;
/** Makes no attempts. */
let other: Node;

beforeAll(async () => {
  installation = await startInstallation();
  receiver = await startReceiver();
  node = await installation.startNode({ fanOut: FAN_OUT });
  other = await installation.startNode({ role: 'api', fanOut: FAN_OUT });
});

afterAll(async () => {
  await receiver?.stop();
  await installation?.stop();
});

const CASES = (Object.keys(SETTINGS) as SettingName[]).flatMap((setting) => [
  { setting, process: 'same' },
  { setting, process: 'other' },
]);

test.each(CASES)('no call of deliveries $setting contradicts what the $process process has answered', async (one) => {
  const by = one.process === 'same' ? node : other;
  const wanted = Object.entries(acts(receiver)).filter(([, { only }]) => (only ?? one.setting) === one.setting);
  const counts: Record<string, number> = {};
  const rest = wanted.values();
  async function tryRest(): Promise<void> {
    for (const [name, act] of rest) {
      counts[name] = await contradictingCalls({ installation, receiver, node, by }, { act, setting: one.setting });
    }
  }
  await Promise.all(Array.from({ length: ACTS_AT_ONCE }, tryRest));
  expect(counts).toEqual(Object.fromEntries(wanted.map(([name]) => [name, 0])));
});
