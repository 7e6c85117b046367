import { ownList } from './ownList';
import { SUBSCRIPTION_PATH } from './shapes';

export const listOwnPortalSubscriptions = ownList({
  operationId: 'listOwnPortalSubscriptions',
  path: SUBSCRIPTION_PATH,
});
