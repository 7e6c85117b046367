import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { pathId } from '../shapes';

export const revokeKey = defineRoute({
  method: 'delete',
  path: '/v1/keys/{id}',
  summary: 'Revoke a key',
  description: 'In force within 5 s everywhere. Twice is once.',
  tag: 'Keys',
  access: ['operator'],
  form: problemForm,
  params: pathId,
  success: { status: 204, description: 'Revoked.' },
  errors: [404],
  async handle({ caller, params, services }) {
    await services.keys.revoke({ caller, id: params.id });
    return {};
  },
});
