import { CODES, cmdbForm } from '../../cmdbForm';
import { defineRoute } from '../../route';
import { inputOf, SETTINGS_BODY_BYTES, subscriptionBody } from './settings';
import {
  ACCESS,
  done,
  operatorHeader,
  operatorOf,
  placeOf,
  requireSamePlace,
  subscriptionPath,
  succeeded,
  TAG,
} from './shapes';

export const modifyCmdbSubscription = defineRoute({
  operationId: 'modifyCmdbSubscription',
  method: 'put',
  path: '/api/{version}/event/subscribe/{bk_supplier_account}/{bk_biz_id}/{subscription_id}',
  summary: 'Modify a CMDB subscription',
  description:
    'Overwrites it whole, from the next attempt on. What is pending of a name that is taken out is cancelled. Unknown ' +
    'fields are ignored.',
  tag: TAG,
  access: ACCESS,
  form: cmdbForm({ 500: CODES.notUpdated }),
  params: subscriptionPath,
  headers: operatorHeader,
  bodyLimit: SETTINGS_BODY_BYTES,
  body: subscriptionBody,
  success: { status: 200, description: 'Modified, if `result` says so.', schema: succeeded },
  errors: [404],
  async handle({ caller, params, body, headers, services }) {
    requireSamePlace(params, body);
    const input = inputOf(body, operatorOf(headers));
    await services.cmdb.modify({ caller, ...placeOf(params), number: params.subscription_id, input });
    return { body: done('success') };
  },
});
