import * as z from 'zod';
import { LANE_STATES } from '../../../../contracts/states';
import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { laneAnswer } from '../answers';
import { pageOf, pageQuery, pageRequest, uuidCursor } from '../shapes';

export const listLanes = defineRoute({
  method: 'get',
  path: '/v1/lanes',
  summary: 'List lanes',
  description: 'Newest first. A subscription that is not ordered has one, `idle` unless its deliveries wait behind it.',
  tag: 'Lanes',
  access: ['operator', 'subscriber'],
  form: problemForm,
  query: pageQuery(uuidCursor).extend({ state: z.enum(LANE_STATES).optional() }),
  success: { status: 200, description: 'A page of lanes.', schema: pageOf(laneAnswer) },
  errors: [],
  async handle({ scope, query: { cursor, limit, ...filter }, services }) {
    return { body: await services.lanes.list(scope, filter, pageRequest({ cursor, limit })) };
  },
});
