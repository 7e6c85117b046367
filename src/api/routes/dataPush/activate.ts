import * as z from 'zod';
import { answerOnce } from '../../../services/repeats';
import { dataPushForm } from '../../dataPushForm';
import { defineRoute } from '../../route';
import { bodyInstant, namedId, TOPIC_LIST_BODY_BYTES } from '../v1/shapes';
import { topicList } from './shapes';

export const activate = defineRoute({
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
    .object({ tenantId: namedId.nullish(), appId: namedId.nullish(), topicList, since: bodyInstant.nullish() })
    .default({})
    .meta({ id: 'Activation', example: { topicList: ['gs'] } }),
  success: {
    status: 200,
    description: 'Done.',
    schema: z.object({ code: z.literal('0'), message: z.literal('success') }).meta({ id: 'Activated' }),
  },
  errors: [404],
  async handle({ caller, body: { tenantId, appId, topicList: topics, since }, services }) {
    const app = { tenantId: tenantId ?? undefined, appId: appId ?? undefined };
    return answerOnce(
      () => services.dataPush.activate({ caller, app, topicList: topics ?? [], since: since ?? undefined }),
      () => ({ body: { code: '0', message: 'success' } }),
    );
  },
});
