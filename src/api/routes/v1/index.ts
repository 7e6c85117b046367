import { problemForm } from '../../errorForm';
import type { ApiInterface, Route } from '../../route';
import { changeApp } from './apps/changeApp';
import { createApp } from './apps/createApp';
import { getApp } from './apps/getApp';
import { listApps } from './apps/listApps';
import { cancelDelivery } from './deliveries/cancelDelivery';
import { getDelivery } from './deliveries/getDelivery';
import { listDeliveries } from './deliveries/listDeliveries';
import { retryDelivery } from './deliveries/retryDelivery';
import { getEvent } from './events/getEvent';
import { createGrant } from './grants/createGrant';
import { listGrants } from './grants/listGrants';
import { withdrawGrant } from './grants/withdrawGrant';
import { createKey } from './keys/createKey';
import { getKey } from './keys/getKey';
import { listKeys } from './keys/listKeys';
import { revokeKey } from './keys/revokeKey';
import { activateLane } from './lanes/activateLane';
import { getLane } from './lanes/getLane';
import { listLanes } from './lanes/listLanes';
import { processLaneHistory } from './lanes/processLaneHistory';
import { stopLane } from './lanes/stopLane';
import { changeSubscription } from './subscriptions/changeSubscription';
import { createSubscription } from './subscriptions/createSubscription';
import { deleteSubscription } from './subscriptions/deleteSubscription';
import { getSecret } from './subscriptions/getSecret';
import { getSubscription } from './subscriptions/getSubscription';
import { listSubscriptions } from './subscriptions/listSubscriptions';
import { pauseSubscription } from './subscriptions/pauseSubscription';
import { resumeSubscription } from './subscriptions/resumeSubscription';
import { rotateSecret } from './subscriptions/rotateSecret';
import { getTargetType } from './targetTypes/getTargetType';
import { listTargetTypes } from './targetTypes/listTargetTypes';
import { putTargetType } from './targetTypes/putTargetType';
import { createTenant } from './tenants/createTenant';
import { getTenant } from './tenants/getTenant';
import { listTenants } from './tenants/listTenants';
import { getTopic } from './topics/getTopic';
import { listTopics } from './topics/listTopics';
import { putTopic } from './topics/putTopic';

const routes: readonly Route[] = [
  createTenant,
  listTenants,
  getTenant,

  createApp,
  listApps,
  getApp,
  changeApp,

  createGrant,
  listGrants,
  withdrawGrant,

  createKey,
  listKeys,
  getKey,
  revokeKey,

  putTopic,
  listTopics,
  getTopic,

  putTargetType,
  listTargetTypes,
  getTargetType,

  createSubscription,
  listSubscriptions,
  getSubscription,
  changeSubscription,
  deleteSubscription,
  pauseSubscription,
  resumeSubscription,
  getSecret,
  rotateSecret,

  getEvent,

  listDeliveries,
  getDelivery,
  retryDelivery,
  cancelDelivery,

  listLanes,
  getLane,
  activateLane,
  stopLane,
  processLaneHistory,
];

/** The native interface. */
export const native: ApiInterface = { routes, paths: /^\/v1(\/|$)/, form: problemForm, isForBrowsers: true };
