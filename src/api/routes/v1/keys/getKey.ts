import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { keyAnswer } from '../answers';
import { keyPath } from '../shapes';

export const getKey = defineRoute({
  operationId: 'getKey',
  method: 'get',
  path: '/v1/keys/{id}',
  summary: 'Read a key, without its secret',
  tag: 'Keys',
  access: ['operator'],
  form: problemForm,
  params: keyPath,
  success: { status: 200, description: 'The key.', schema: keyAnswer },
  errors: [404],
  async handle({ caller, params, services }) {
    return { body: await services.keys.read(caller, params.id) };
  },
});
