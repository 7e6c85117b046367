import { randomBytes } from 'node:crypto';
import type { Api } from './api';
import { type Call, callAs } from './call';

/** A tenant of a scenario's own, with a producer. */
export interface Home {
  tenantId: string;
  producerKey: string;
  /** An app that subscribes, and what its key may. */
  addApp(app: { id: string; callbackUrl?: string }): Promise<Call>;
  /** A user of an app's portal, and what that user may. */
  addUser(user: { appId: string; subject: string }): Promise<Call>;
}

export async function makeHome({ url, operator }: Api): Promise<Home> {
  const tenantId = `bench-${randomBytes(4).toString('hex')}`;
  await operator('POST', '/v1/tenants', { id: tenantId, name: 'Bench' });
  const newKey = async (key: object) => {
    const made = await operator<{ key: string }>('POST', '/v1/keys', { tenantId, ...key });
    return made.key;
  };
  return {
    tenantId,
    producerKey: await newKey({ roles: ['producer'] }),
    async addApp({ id, callbackUrl }) {
      await operator('POST', '/v1/apps', { tenantId, id, name: id, callbackUrl });
      return callAs(url, await newKey({ appId: id, roles: ['subscriber'] }));
    },
    addUser: async ({ appId, subject }) => callAs(url, await newKey({ appId, subject, roles: ['subscriber'] })),
  };
}
