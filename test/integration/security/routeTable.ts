import type { Route } from '../../../src/api/route';
import { JSON_API, type KeyName, type Own } from './tenantsSetup';

/**
 * How a stranger calls a route with the victim's ids.
 *
 * - `refused`: names something of the victim's, so it is refused.
 * - `ownView`: names nothing, so the stranger gets, or makes, what is his.
 * - `shared`: the installation's catalogue, the same for everybody.
 * - `tenantWide`: names something of the victim's tenant, that every app of the tenant may use and no other tenant.
 * - `appView`: the same, but each app of the tenant gets to see what is its own.
 * - `public`: without a key.
 */
export interface RouteCall {
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
  kind: 'refused' | 'ownView' | 'shared' | 'tenantWide' | 'appView' | 'public';
  /** With whose key the very same call works. Default `victim`. */
  owner?: KeyName;
}

export const nameOf = ({ method, path }: Pick<Route, 'method' | 'path'>) => `${method} ${path}`;

const PORTAL = '/portal/api/v2/subscription';
const CMDB = '/api/v3/event/subscribe';
const ACME = { tenantId: 'acme', appId: 'shop' };

/** By `nameOf`, for every route there is. */
export function routeTable(own: Own): Record<string, RouteCall> {
  const refused = (path: string, body?: unknown, headers?: Record<string, string>): RouteCall => ({
    ...{ path, body, headers, kind: 'refused' },
  });
  const shared = (path: string): RouteCall => ({ path, kind: 'shared' });
  const ownView = (path: string): RouteCall => ({ path, kind: 'ownView' });
  const open = (path: string): RouteCall => ({ path, kind: 'public' });
  const portalBody = (bundle: string, id?: string) => ({
    data: {
      ...{ type: `subscription--${bundle}`, id },
      attributes: { title: 'x', target_id: 'x', action: 'collection', status: 0 },
      relationships: { target_type: { data: { type: 'taxonomy_term--subscription_target_type', id: own.termUuid } } },
    },
  });
  const jsonApi = { 'content-type': JSON_API };
  const cmdbBody = {
    ...{ subscription_name: 'x', system_name: 'x', callback_url: own.callbackUrl, confirm_mode: 'httpstatus' },
    ...{ confirm_pattern: '200', subscription_form: 'gscert', timeout: 10 },
  };

  const byOwner: Record<string, RouteCall> = {
    'post /api/{version}/event/subscribe/search/{bk_supplier_account}/{bk_biz_id}': {
      path: `${CMDB}/search/acme/2`,
      body: {},
      kind: 'appView',
    },
    // Calls out in the caller's own name: whoever may subscribe may try a callback.
    'post /api/{version}/event/subscribe/ping': {
      ...ownView(`${CMDB}/ping`),
      body: { callback_url: own.callbackUrl, data: {} },
    },
    'post /api/{version}/event/subscribe/telnet': {
      ...ownView(`${CMDB}/telnet`),
      body: { callback_url: own.callbackUrl },
    },
    'post /api/{version}/event/subscribe/{bk_supplier_account}/{bk_biz_id}': {
      ...{ path: `${CMDB}/acme/2`, body: cmdbBody, kind: 'tenantWide' },
    },
    'put /api/{version}/event/subscribe/{bk_supplier_account}/{bk_biz_id}/{subscription_id}': refused(
      `${CMDB}/acme/2/${own.cmdb}`,
      cmdbBody,
    ),
    'delete /api/{version}/event/subscribe/{bk_supplier_account}/{bk_biz_id}/{subscription_id}': refused(
      `${CMDB}/acme/2/${own.cmdb}`,
      {},
    ),

    'post /api/publish': refused('/api/publish', {
      ...{
        event_source: 'x',
        event_topic: 'gs',
        event_type: 'cert',
        event_status: '1',
        changes: [1],
        tenant_id: 'acme',
      },
    }),

    'get /topics': shared('/topics'),
    'post /topics/subscribe': refused('/topics/subscribe', { ...ACME, webhookUrl: own.callbackUrl, topicList: ['hs'] }),
    'post /topics/historyProcessed': refused('/topics/historyProcessed', { ...ACME, topicList: ['gs'] }),
    'post /topics/activate': refused('/topics/activate', { ...ACME, topicList: ['gs'] }),

    'post /gateway/callbacks': {
      ...ownView('/gateway/callbacks'),
      body: { eventTag: 'unknown', callbackUrl: own.callbackUrl },
    },
    'get /gateway/callbacks': ownView('/gateway/callbacks'),
    'put /gateway/callbacks/{id}': refused(`/gateway/callbacks/${own.gateway}`, {
      eventTag: 'MOZI_BUC_ACCOUNT_MODIFY_REALM|unfrozen',
    }),
    'delete /gateway/callbacks/{id}': refused(`/gateway/callbacks/${own.gateway}`),
    'get /gateway/failedMessages': ownView('/gateway/failedMessages'),
    'post /gateway/failedMessages/redeliver': refused('/gateway/failedMessages/redeliver', {
      dispatchIds: [own.failed],
    }),
    'get /gateway/eventTags': shared('/gateway/eventTags'),

    [`get ${PORTAL}`]: ownView(PORTAL),
    [`get ${PORTAL}/me`]: ownView(`${PORTAL}/me`),
    [`get ${PORTAL}/default`]: { path: `${PORTAL}/default?tenantId=acme`, kind: 'tenantWide' },
    [`post ${PORTAL}/{bundle}`]: refused(
      `${PORTAL}/system_subscription_list?tenantId=acme`,
      portalBody('system_subscription_list'),
      jsonApi,
    ),
    [`get ${PORTAL}/{bundle}/{uuid}`]: refused(`${PORTAL}/subscription/${own.portal}`),
    [`patch ${PORTAL}/{bundle}/{uuid}`]: refused(
      `${PORTAL}/subscription/${own.portal}`,
      portalBody('subscription', own.portal),
      jsonApi,
    ),
    [`delete ${PORTAL}/{bundle}/{uuid}`]: refused(`${PORTAL}/subscription/${own.portal}`),

    'post /v1/tenants': refused('/v1/tenants', { id: 'new', name: 'x' }),
    'get /v1/tenants': ownView('/v1/tenants'),
    'post /v1/apps': refused('/v1/apps', { tenantId: 'acme', id: 'new', name: 'x' }),
    'get /v1/tenants/{id}': refused('/v1/tenants/acme'),
    'get /v1/apps': ownView('/v1/apps'),
    'get /v1/apps/{tenantId}/{appId}': refused('/v1/apps/acme/shop'),
    'patch /v1/apps/{tenantId}/{appId}': refused('/v1/apps/acme/shop', { name: 'x' }),
    'post /v1/apps/{tenantId}/{appId}/grants': refused('/v1/apps/rival/shop/grants', { tenantId: 'acme' }),
    'get /v1/apps/{tenantId}/{appId}/grants': refused('/v1/apps/acme/shop/grants'),
    'delete /v1/apps/{tenantId}/{appId}/grants/{grantingTenantId}': refused('/v1/apps/acme/shop/grants/third'),
    'post /v1/keys': refused('/v1/keys', { ...ACME, roles: ['subscriber'] }),
    'get /v1/keys': ownView('/v1/keys'),
    'get /v1/keys/{id}': refused(`/v1/keys/${own.key}`),
    'delete /v1/keys/{id}': refused(`/v1/keys/${own.key}`),
    'put /v1/topics/{topic}': refused('/v1/topics/gs', { name: 'x' }),
    'get /v1/topics': shared('/v1/topics'),
    'get /v1/topics/{topic}': shared('/v1/topics/gs'),
    'put /v1/target-types/{number}': refused('/v1/target-types/7', { name: 'x' }),
    'get /v1/target-types': shared('/v1/target-types'),
    'get /v1/target-types/{number}': shared('/v1/target-types/7'),

    'post /v1/subscriptions': refused('/v1/subscriptions', { ...ACME, callbackUrl: own.callbackUrl, topics: ['gs'] }),
    'get /v1/subscriptions': ownView('/v1/subscriptions'),
    'get /v1/subscriptions/{id}': refused(`/v1/subscriptions/${own.subscription}`),
    'patch /v1/subscriptions/{id}': refused(`/v1/subscriptions/${own.subscription}`, { timeoutMs: 500 }),
    'delete /v1/subscriptions/{id}': refused(`/v1/subscriptions/${own.subscription}`),
    'post /v1/subscriptions/{id}/pause': refused(`/v1/subscriptions/${own.subscription}/pause`),
    'post /v1/subscriptions/{id}/resume': refused(`/v1/subscriptions/${own.subscription}/resume`),
    'get /v1/subscriptions/{id}/secret': refused(`/v1/subscriptions/${own.subscription}/secret`),
    'post /v1/subscriptions/{id}/secret/rotate': refused(`/v1/subscriptions/${own.subscription}/secret/rotate`, {}),
    'get /v1/events/{id}': refused(`/v1/events/${own.event}`),
    'get /v1/deliveries': ownView(`/v1/deliveries?subscriptionId=${own.subscription}`),
    'get /v1/deliveries/{id}': refused(`/v1/deliveries/${own.delivery}`),
    'post /v1/deliveries/{id}/retry': refused(`/v1/deliveries/${own.delivery}/retry`),
    'post /v1/deliveries/{id}/cancel': refused(`/v1/deliveries/${own.delivery}/cancel`),
    'get /v1/lanes': ownView(`/v1/lanes?subscriptionId=${own.subscription}`),
    'get /v1/lanes/{id}': refused(`/v1/lanes/${own.lane}`),
    'post /v1/lanes/{id}/activate': refused(`/v1/lanes/${own.lane}/activate`, {}),
    'post /v1/lanes/{id}/stop': refused(`/v1/lanes/${own.lane}/stop`),
    'post /v1/lanes/{id}/historyProcessed': refused(`/v1/lanes/${own.lane}/historyProcessed`),

    'get /livez': open('/livez'),
    'get /healthz': open('/healthz'),
    'get /readyz': open('/readyz'),
    'get /metrics': open('/metrics'),
    'get /openapi.json': open('/openapi.json'),
    'get /': open('/'),
    'get /docs': open('/docs'),
    'get /docs/{asset}': open('/docs/start.js'),
  };
  return Object.fromEntries(
    Object.entries(byOwner).map(([name, call]) => [name, { ...call, owner: call.owner ?? ownerOf(name) }]),
  );
}

const OWNERS: [RegExp, KeyName][] = [
  [/^post \/portal|\/default$/, 'victimOperator'],
  [/ \/portal/, 'victimUser'],
  [/^post \/api\/publish$/, 'victimProducer'],
  [/ \/v1\/(tenants|apps|keys|topics|target-types)/, 'operator'],
];

function ownerOf(name: string): KeyName {
  return OWNERS.find(([pattern]) => pattern.test(name))?.[1] ?? 'victim';
}
