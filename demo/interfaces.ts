import type { Api } from './api';
import { makeInterfaceSetting } from './interfaceSetting';
import { type DemoReceiver, type Received, readCmdb, readGateway, readPortal, startReceiver } from './receiver';
import { chapter, tell } from './story';
import { waitUntil } from './waitUntil';

/** What the gateway takes for an acknowledgement. */
const SUCCESS = JSON.stringify({ errcode: '0', errmsg: '成功' });

/** The other three interfaces: one subscription, one event and one line each. @returns whether everything arrived. */
export async function tellInterfaces(operator: Api): Promise<boolean> {
  const calls: Received[] = [];
  let publishedAtMs = 0;
  const on = {
    answer: () => 200,
    received(call: Received) {
      calls.push(call);
      tell(call, { afterMs: call.atMs - publishedAtMs });
    },
  };
  const receivers: DemoReceiver[] = [];
  try {
    const cmdb = await startReceiver({ ...on, path: '/cmdb', read: readCmdb });
    receivers.push(cmdb);
    const isVerification = (body: string) => !new URLSearchParams(body).has('content');
    const gateway = await startReceiver({
      ...{ ...on, path: '/gateway', read: readGateway, body: SUCCESS, isPlain: isVerification },
    });
    receivers.push(gateway);
    const portal = await startReceiver({ ...on, path: '/portal', read: readPortal });
    receivers.push(portal);

    chapter('Three more ways in: the CMDB, the gateway, the portal');
    const setting = await makeInterfaceSetting(operator, { cmdb, gateway, portal });
    try {
      for (const publish of setting.publishes) {
        const before = calls.length;
        publishedAtMs = performance.now();
        await publish();
        await waitUntil(async () => calls.length > before);
      }
    } finally {
      await setting.clear();
    }
    const arrived = calls.filter(({ status }) => status === 200).length;
    chapter(
      `${arrived} of ${setting.publishes.length} arrived, each in its interface's own form, with a verified signature`,
    );
    return arrived === setting.publishes.length;
  } finally {
    for (const receiver of receivers) await receiver.close();
  }
}
