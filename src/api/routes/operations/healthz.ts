import * as z from 'zod';
import { problemForm } from '../../errorForm';
import { defineRoute } from '../../route';

export const healthz = defineRoute({
  method: 'get',
  path: '/healthz',
  summary: 'Whether the process lives',
  description: 'Asks nothing else: a process that is alive while PostgreSQL is away must not be restarted for it.',
  tag: 'Operations',
  access: 'public',
  form: problemForm,
  success: { status: 200, description: 'It lives.', schema: z.object({ ok: z.literal(true) }) },
  errors: [],
  async handle() {
    return { body: { ok: true } };
  },
});
