import { cmdbForm } from '../../cmdbForm';
import type { ApiInterface } from '../../route';
import { modifyCmdbSubscription } from './modifyCmdbSubscription';
import { pingCmdbCallback } from './pingCmdbCallback';
import { searchCmdbSubscriptions } from './searchCmdbSubscriptions';
import { subscribeCmdbEvents } from './subscribeCmdbEvents';
import { telnetCmdbCallback } from './telnetCmdbCallback';
import { unsubscribeCmdbEvents } from './unsubscribeCmdbEvents';

/** CMDB event subscription. `searchCmdbSubscriptions` goes before the paths that begin with an account, for which it would be taken. */
export const cmdb: ApiInterface = {
  routes: [
    searchCmdbSubscriptions,
    pingCmdbCallback,
    telnetCmdbCallback,
    subscribeCmdbEvents,
    modifyCmdbSubscription,
    unsubscribeCmdbEvents,
  ],
  paths: /^\/api\/v\d+\/event(\/|$)/,
  form: cmdbForm(),
};
