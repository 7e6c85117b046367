import { problemForm } from '../../errorForm';
import { defineRoute } from '../../route';
import { health } from './livez';

export const healthz = defineRoute({
  operationId: 'healthz',
  method: 'get',
  path: '/healthz',
  summary: 'The same as /livez',
  description: 'The older name of /livez, for probes that use it.',
  tag: 'Operations',
  access: 'public',
  form: problemForm,
  success: { status: 200, description: 'The process lives.', schema: health },
  errors: [],
  async handle() {
    return { body: { ok: true } };
  },
});
