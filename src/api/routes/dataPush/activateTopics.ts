import * as z from 'zod';
import { answerOnce } from '../../../services/repeats';
import { dataPushForm } from '../../dataPushForm';
import { defineRoute } from '../../route';
import { appId, bodyInstant, TOPIC_LIST_BODY_BYTES, tenantId } from '../v1/shapes';
import { topicList } from './shapes';

export const activateTopics = defineRoute({
  operationId: 'activateTopics',
  method: 'post',
  path: '/topics/activate',
  summary: 'Let push tasks go on at once',
  description:
    'Those that have stopped, or wait for a retry; without `topicList` all of them. With `since`, what was accepted ' +
    'since then is pushed again, before anything newer; a moment before all that is kept is 400. Unknown fields are ignored.',
  tag: 'Data push',
  access: ['operator', 'subscriber'],
  form: dataPushForm,
  makes: true,
  bodyLimit: TOPIC_LIST_BODY_BYTES,
  body: z
    .object({
      tenantId: tenantId.nullish(),
      appId: appId.nullish(),
      topicList,
      since: bodyInstant('What was accepted since this moment is pushed again.').nullish(),
    })
    .default({})
    .meta({ id: 'Activation', example: { topicList: ['orders'], since: '2026-01-01T00:00:00Z' } }),
  success: {
    status: 200,
    description: 'Done.',
    schema: z
      .object({
        code: z.literal('0').meta({ description: 'Always `0`: the call succeeded.', example: '0' }),
        message: z.literal('success').meta({ description: 'Always the same.', example: 'success' }),
      })
      .meta({ id: 'Activated' }),
  },
  errors: [404],
  async handle({ caller, body: { topicList: topics, since, ...named }, services }) {
    const app = { tenantId: named.tenantId ?? undefined, appId: named.appId ?? undefined };
    return answerOnce(
      () => services.dataPush.activate({ caller, app, topicList: topics ?? [], since: since ?? undefined }),
      () => ({ body: { code: '0', message: 'success' } }),
    );
  },
});
