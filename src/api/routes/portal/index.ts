import { portalForm } from '../../portalForm';
import type { ApiInterface } from '../../route';
import { addSubscription } from './addSubscription';
import { changeSubscription } from './changeSubscription';
import { deleteSubscription } from './deleteSubscription';
import { getSubscription } from './getSubscription';
import { listDefaults } from './listDefaults';
import { listMine, listOwn } from './listOwn';

/** Portal message subscription. `me` and `default` come first: no bundle is named so. */
export const portal: ApiInterface = {
  routes: [listOwn, listMine, listDefaults, addSubscription, getSubscription, changeSubscription, deleteSubscription],
  paths: /^\/portal(\/|$)/,
  form: portalForm,
  isForBrowsers: true,
};
