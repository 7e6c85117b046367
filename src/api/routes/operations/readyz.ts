import * as z from 'zod';
import { problemForm } from '../../errorForm';
import { defineRoute } from '../../route';

const part = z
  .object({
    ok: z.boolean().meta({ description: 'Whether it is in order.', example: true }),
    detail: z
      .string()
      .optional()
      .meta({ description: 'What is wrong, or has to be known.', example: 'connection refused' }),
    clockOffsetMs: z
      .number()
      .optional()
      .meta({ description: "PostgreSQL only: its clock minus this process's, in milliseconds.", example: 0.4 }),
  })
  .meta({ id: 'ReadinessPart' });

const schema = z
  .object({
    ok: z.boolean().meta({ description: 'Whether every part is in order.', example: true }),
    postgres: part.meta({ description: 'Says also when the clock of PostgreSQL went back, for a day.' }),
    temporal: part.meta({ description: 'The connection to Temporal.' }),
    worker: part.meta({ description: 'The Temporal worker of this process.' }),
    reconcile: part.meta({ description: 'Not in order when none of its rounds has succeeded for two minutes.' }),
    retention: part.meta({ description: 'Says when none of its rounds has succeeded for three hours.' }),
    schedules: part.meta({ description: 'Not in order when somebody has paused one of our schedules in Temporal.' }),
    process: part.optional().meta({ description: 'Only while the process stops: it is to get no more calls.' }),
  })
  .meta({ id: 'Readiness' });

export const readyz = defineRoute({
  operationId: 'readyz',
  method: 'get',
  path: '/readyz',
  summary: 'Whether the process can do its work',
  description: 'Each part that it needs. Answered within 3 s: a part that says nothing until then is not ready.',
  tag: 'Operations',
  access: 'public',
  form: problemForm,
  success: { status: 200, description: 'Every part is in order.', schema },
  otherAnswers: { 503: { description: 'A part is not in order.', schema } },
  errors: [],
  async handle({ services }) {
    const parts = await services.readiness();
    const ok = Object.values(parts).every((each) => each.ok);
    return { status: ok ? 200 : 503, body: { ok, ...parts } };
  },
});
