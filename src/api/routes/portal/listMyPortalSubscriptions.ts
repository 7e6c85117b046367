import { ownList } from './ownList';
import { SUBSCRIPTION_PATH } from './shapes';

export const listMyPortalSubscriptions = ownList({
  operationId: 'listMyPortalSubscriptions',
  path: `${SUBSCRIPTION_PATH}/me`,
});
