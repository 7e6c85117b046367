import * as z from 'zod';
import { problemForm } from '../../../errorForm';
import { ETAG_SAYS, etagHeader, ifMatch, ifMatchHeader } from '../../../etags';
import { ignored, readOnly, readOnlyMoment, requireUnchanged } from '../../../readOnly';
import { defineRoute } from '../../../route';
import { cancelledAnswer, subscriptionAnswer } from '../answers';
import { subscriptionPath, TOPIC_LIST_BODY_BYTES } from '../shapes';
import { settings } from './settings';

/** What an answer has beside its settings. `updatedAt` is ignored: whoever minds a change meanwhile sends `If-Match`. */
const fixed = {
  ...{ id: readOnly, interface: readOnly, tenantId: readOnly, appId: readOnly },
  ...{ ordered: readOnly, historyRequired: readOnly, registration: readOnly, state: readOnly },
  createdAt: readOnlyMoment,
};

export const changeSubscription = defineRoute({
  operationId: 'changeSubscription',
  method: 'patch',
  path: '/v1/subscriptions/{id}',
  summary: 'Change a subscription',
  description:
    'Fields that are not there stay as they are; a whole answer with something changed in it is taken. Counts from the ' +
    'next attempt on; a topic that is taken out cancels what is pending of it, and `cancelled` says how much that was.',
  tag: 'Subscriptions',
  access: ['operator', 'subscriber'],
  form: problemForm,
  params: subscriptionPath,
  headers: ifMatchHeader,
  bodyLimit: TOPIC_LIST_BODY_BYTES,
  body: z
    .strictObject({ ...z.object(settings).partial().shape, ...fixed, updatedAt: ignored })
    .meta({ id: 'SubscriptionChange' }),
  success: {
    status: 200,
    description: 'Changed.',
    schema: subscriptionAnswer.extend(cancelledAnswer.partial().shape).meta({ id: 'ChangedSubscription' }),
    headers: ETAG_SAYS,
  },
  errors: [404, 409, 412],
  async handle({ scope, params: { id }, body, headers, services }) {
    const { ordered, historyRequired, registration, updatedAt: _ignored, ...rest } = body;
    const { id: itsId, interface: from, tenantId, appId, state, createdAt, ...change } = rest;
    const given = {
      ordered,
      historyRequired,
      registration,
      id: itsId,
      interface: from,
      tenantId,
      appId,
      state,
      createdAt,
    };
    requireUnchanged(given, await services.subscriptions.read({ id, scope }));
    const target = { id, scope, requires: ifMatch(headers) };
    const { subscription, cancelled } = await services.subscriptions.change(target, change);
    return {
      headers: etagHeader(subscription),
      body: change.topics ? { ...subscription, cancelled } : subscription,
    };
  },
});
