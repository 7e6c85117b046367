import * as z from 'zod';
import { LANE_STATES } from '../../../../contracts/states';
import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { laneAnswer } from '../answers';
import { pageOf, pageQuery, uuidKey } from '../shapes';

export const listLanes = defineRoute({
  method: 'get',
  path: '/v1/lanes',
  summary: 'List lanes',
  description: 'Newest first. A subscription that is not ordered has one, `idle` unless its deliveries wait behind it.',
  tag: 'Lanes',
  access: ['operator', 'subscriber'],
  form: problemForm,
  query: pageQuery.extend({ state: z.enum(LANE_STATES).optional() }),
  success: { status: 200, description: 'A page of lanes.', schema: pageOf(laneAnswer) },
  errors: [],
  async handle({ scope, query: { cursor, limit, ...filter }, cursors, services }) {
    const page = await services.lanes.list(scope, filter, cursors.request({ cursor, limit }, uuidKey));
    return { body: cursors.answer(page) };
  },
});
