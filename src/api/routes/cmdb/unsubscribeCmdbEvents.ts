import { CODES, cmdbForm } from '../../cmdbForm';
import { defineRoute } from '../../route';
import {
  ACCESS,
  bodyObject,
  done,
  placeInBody,
  placeOf,
  requireSamePlace,
  subscriptionPath,
  succeeded,
  TAG,
} from './shapes';

export const unsubscribeCmdbEvents = defineRoute({
  operationId: 'unsubscribeCmdbEvents',
  method: 'delete',
  path: '/api/{version}/event/subscribe/{bk_supplier_account}/{bk_biz_id}/{subscription_id}',
  summary: 'Unsubscribe from CMDB events',
  description: 'What is pending of the subscription is cancelled, its name is free again. Unknown fields are ignored.',
  tag: TAG,
  access: ACCESS,
  form: cmdbForm({ 500: CODES.notDeleted }),
  params: subscriptionPath,
  body: bodyObject(placeInBody).default({}).meta({ id: 'CmdbPlace', example: {} }),
  success: { status: 200, description: 'Unsubscribed, if `result` says so.', schema: succeeded },
  errors: [404],
  async handle({ caller, params, body, services }) {
    requireSamePlace(params, body);
    await services.cmdb.unsubscribe({ caller, ...placeOf(params), number: params.subscription_id });
    return { body: done('success') };
  },
});
