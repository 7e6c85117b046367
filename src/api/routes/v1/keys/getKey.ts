import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { keyAnswer } from '../answers';
import { pathId } from '../shapes';

export const getKey = defineRoute({
  method: 'get',
  path: '/v1/keys/{id}',
  summary: 'Read a key, without its secret',
  tag: 'Keys',
  access: ['operator'],
  form: problemForm,
  params: pathId,
  success: { status: 200, description: 'The key.', schema: keyAnswer },
  errors: [404],
  async handle({ caller, params, services }) {
    return { body: await services.keys.read(caller, params.id) };
  },
});
