import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { EXAMPLE_IDS, pathOf } from '../shapes';

export const revokeKey = defineRoute({
  operationId: 'revokeKey',
  method: 'delete',
  path: '/v1/keys/{id}',
  summary: 'Revoke a key',
  description: 'In force within 5 s everywhere. Twice is once.',
  tag: 'Keys',
  access: ['operator'],
  form: problemForm,
  params: pathOf('Id of the key: the part between `pr_` and the secret.', EXAMPLE_IDS.key),
  success: { status: 204, description: 'Revoked.' },
  errors: [404],
  async handle({ caller, params, services }) {
    await services.keys.revoke({ caller, id: params.id });
    return {};
  },
});
