import * as z from 'zod';
import { problemForm } from '../../errorForm';
import { defineRoute } from '../../route';

const health = z
  .object({ ok: z.literal(true).meta({ description: 'Always true.', example: true }) })
  .meta({ id: 'Health' });

export const healthz = defineRoute({
  operationId: 'healthz',
  method: 'get',
  path: '/healthz',
  summary: 'Whether the process lives',
  description: 'Asks nothing else: a process that is alive while PostgreSQL is away must not be restarted for it.',
  tag: 'Operations',
  access: 'public',
  form: problemForm,
  success: { status: 200, description: 'It lives.', schema: health },
  errors: [],
  async handle() {
    return { body: { ok: true } };
  },
});
