import { dataPushForm } from '../../dataPushForm';
import type { ApiInterface } from '../../route';
import { activate } from './activate';
import { listTopics } from './listTopics';
import { processHistory } from './processHistory';
import { subscribe } from './subscribe';

/** Business topic subscription. */
export const dataPush: ApiInterface = {
  routes: [listTopics, subscribe, processHistory, activate],
  paths: /^\/topics(\/|$)/,
  form: dataPushForm,
};
