import { dataPushForm } from '../../dataPushForm';
import type { ApiInterface } from '../../route';
import { activateTopics } from './activateTopics';
import { listBusinessTopics } from './listBusinessTopics';
import { processTopicHistory } from './processTopicHistory';
import { subscribeTopics } from './subscribeTopics';

/** Business topic subscription. */
export const dataPush: ApiInterface = {
  routes: [listBusinessTopics, subscribeTopics, processTopicHistory, activateTopics],
  paths: /^\/topics(\/|$)/,
  form: dataPushForm,
};
