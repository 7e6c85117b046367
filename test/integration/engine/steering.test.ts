import { type Installation, OPERATOR, startInstallation } from '../../support/engine';
import { type Receiver, startReceiver } from '../../support/receiver';
import { acts, contradictingCalls, FAN_OUT, type Node, SETTINGS, type SettingName } from './steeringSetup';

jest.setTimeout(120_000);

let installation: Installation;
let receiver: Receiver;
let node: Node;
/** Makes no attempts. */
let other: Node;

beforeEach(async () => {
  installation = await startInstallation();
  receiver = await startReceiver();
  node = await installation.startNode({ fanOut: FAN_OUT });
  other = await installation.startNode({ role: 'api', fanOut: FAN_OUT });
  await node.services.grants.create(OPERATOR, { tenantId: 'acme', appId: 'shop' }, 'rival');
});

afterEach(async () => {
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
  const counts = await Promise.all(
    wanted.map(async ([name, act]) => {
      const calls = await contradictingCalls({ installation, receiver, node, by }, { act, setting: one.setting });
      return [name, calls] as const;
    }),
  );
  expect(Object.fromEntries(counts)).toEqual(Object.fromEntries(wanted.map(([name]) => [name, 0])));
});
