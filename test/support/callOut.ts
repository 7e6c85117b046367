import type { CallOut } from '../../src/services/callOut';

/** For what calls nobody. */
export const NO_WAY_OUT: CallOut = {
  post: async () => ({ statusCode: null, error: 'there is no way out', body: new Uint8Array(0) }),
  connect: async () => 'there is no way out',
};
