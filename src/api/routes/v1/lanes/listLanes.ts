import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { laneAnswer, laneState } from '../answers';
import { pageOf, pageQuery, uuidKey } from '../shapes';

export const listLanes = defineRoute({
  operationId: 'listLanes',
  method: 'get',
  path: '/v1/lanes',
  summary: 'List lanes',
  description: 'Newest first. A subscription that is not ordered has one, `idle` unless its deliveries wait behind it.',
  tag: 'Lanes',
  access: ['operator', 'subscriber'],
  form: problemForm,
  query: pageQuery.extend({ state: laneState.optional() }),
  success: { status: 200, description: 'A page of lanes.', schema: pageOf('LanePage', laneAnswer) },
  errors: [],
  async handle({ scope, query: { cursor, limit, ...filter }, cursors, services }) {
    const page = await services.lanes.list(scope, filter, cursors.request({ cursor, limit }, uuidKey));
    return { body: cursors.answer(page) };
  },
});
