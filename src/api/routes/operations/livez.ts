import * as z from 'zod';
import { problemForm } from '../../errorForm';
import { defineRoute } from '../../route';

const health = z
  .object({ ok: z.literal(true).meta({ description: 'Always true.', example: true }) })
  .meta({ id: 'Health' });

export const livez = defineRoute({
  operationId: 'livez',
  method: 'get',
  path: '/livez',
  summary: 'Whether the process lives',
  description:
    'The liveness probe. It asks nothing of PostgreSQL or Temporal: a restart of this process does not bring them back.',
  tag: 'Operations',
  access: 'public',
  form: problemForm,
  success: { status: 200, description: 'The process lives.', schema: health },
  errors: [],
  async handle() {
    return { body: { ok: true } };
  },
});
