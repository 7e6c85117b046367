import { portalForm } from '../../portalForm';
import type { ApiInterface } from '../../route';
import { addPortalSubscription } from './addPortalSubscription';
import { changePortalSubscription } from './changePortalSubscription';
import { deletePortalSubscription } from './deletePortalSubscription';
import { getPortalSubscription } from './getPortalSubscription';
import { listDefaultPortalSubscriptions } from './listDefaultPortalSubscriptions';
import { listMyPortalSubscriptions } from './listMyPortalSubscriptions';
import { listOwnPortalSubscriptions } from './listOwnPortalSubscriptions';

/** Portal message subscription. `me` and `default` come first: no bundle is named so. */
export const portal: ApiInterface = {
  routes: [
    listOwnPortalSubscriptions,
    listMyPortalSubscriptions,
    listDefaultPortalSubscriptions,
    addPortalSubscription,
    getPortalSubscription,
    changePortalSubscription,
    deletePortalSubscription,
  ],
  paths: /^\/portal(\/|$)/,
  form: portalForm,
  isForBrowsers: true,
};
