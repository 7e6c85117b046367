import type { Topic } from '../../db/topics';
import { type Activation, activate } from './activate';
import type { DataPushDeps } from './deps';
import { listTopics, type TopicPage } from './listTopics';
import { type ProcessedHistory, processHistory } from './processHistory';
import { type Registered, type Registration, register } from './register';

/** Business topic subscription (data-push.md): one registration per app, one push task per topic of it. */
export interface DataPush {
  listTopics(page: TopicPage): Promise<{ topics: Topic[]; total: number }>;
  register(registration: Registration): Promise<Registered>;
  processHistory(processed: ProcessedHistory): Promise<void>;
  activate(activation: Activation): Promise<void>;
}

export function createDataPush(deps: DataPushDeps): DataPush {
  return {
    listTopics: (page) => listTopics(deps.db, page),
    register: (registration) => register(deps, registration),
    processHistory: (processed) => processHistory(deps, processed),
    activate: (activation) => activate(deps, activation),
  };
}
