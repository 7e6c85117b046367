import type { Route } from '../../route';
import { activate } from './activate';
import { listTopics } from './listTopics';
import { processHistory } from './processHistory';
import { subscribe } from './subscribe';

/** Business topic subscription. */
export const dataPushRoutes: readonly Route[] = [listTopics, subscribe, processHistory, activate];
