import * as z from 'zod';
import { answerOnce } from '../../../services/repeats';
import { CODES, cmdbForm } from '../../cmdbForm';
import { defineRoute } from '../../route';
import { inputOf, SETTINGS_BODY_BYTES, subscriptionBody } from './settings';
import {
  ACCESS,
  answered,
  done,
  operatorHeader,
  operatorOf,
  placeOf,
  placePath,
  requireSamePlace,
  TAG,
} from './shapes';

const made = z
  .object({
    subscription_id: z.int().meta({ description: 'Id of the subscription in this interface.', example: 1 }),
  })
  .meta({ id: 'CmdbSubscriptionId', description: 'What was made.' });

export const subscribeCmdbEvents = defineRoute({
  operationId: 'subscribeCmdbEvents',
  method: 'post',
  path: '/api/{version}/event/subscribe/{bk_supplier_account}/{bk_biz_id}',
  summary: 'Subscribe to CMDB events',
  description:
    "A subscription of the key's app. From the answer on, every event that one of the names matches is kept for it; an " +
    'event that several match is one delivery, under the longest. Unknown fields are ignored.',
  tag: TAG,
  access: ACCESS,
  form: cmdbForm({ 500: CODES.notSaved }),
  makes: true,
  params: placePath,
  headers: operatorHeader,
  bodyLimit: SETTINGS_BODY_BYTES,
  body: subscriptionBody,
  success: {
    status: 200,
    description: 'Subscribed, if `result` says so.',
    schema: answered('CmdbSubscribed', made),
  },
  errors: [404, 409],
  async handle({ caller, params, body, headers, services }) {
    requireSamePlace(params, body);
    const input = inputOf(body, operatorOf(headers));
    return answerOnce(
      () => services.cmdb.subscribe({ caller, ...placeOf(params), input }),
      (id) => ({ body: done({ subscription_id: id }) }),
    );
  },
});
