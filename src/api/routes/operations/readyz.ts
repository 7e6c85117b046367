import * as z from 'zod';
import { problemForm } from '../../errorForm';
import { defineRoute } from '../../route';

const part = z
  .object({
    ok: z.boolean().meta({ description: 'Whether it is in order.', example: true }),
    detail: z
      .string()
      .optional()
      .meta({ description: 'What is wrong, or has to be known.', example: 'does not answer' }),
    clockOffsetMs: z
      .number()
      .optional()
      .meta({ description: "PostgreSQL only: its clock minus this process's, in milliseconds.", example: 0.4 }),
  })
  .meta({ id: 'ReadinessPart' });

const schema = z
  .object({
    ok: z.boolean().meta({ description: 'Whether every part that the role needs is in order.', example: true }),
    degraded: z.array(z.string()).meta({
      description: 'Parts that are not in order and that the process can do without for a while.',
      example: ['temporal'],
    }),
    postgres: part.meta({
      description: 'Needed by every role. It says also, for a day, when the clock of PostgreSQL went back.',
    }),
    temporal: part.meta({ description: 'The connection to Temporal. Needed by `ROLE=worker`.' }),
    worker: part.meta({ description: 'The Temporal worker of this process. Needed by `ROLE=worker`.' }),
    reconcile: part.meta({ description: 'Not in order when none of its rounds has succeeded for two minutes.' }),
    retention: part.meta({ description: 'Not in order when none of its rounds has succeeded for three hours.' }),
    searchAttributes: part.meta({
      description:
        'Not in order when the Temporal namespace lacks some of ours. Its `detail` is what an administrator has to do.',
    }),
    process: part.optional().meta({ description: 'Only while the process stops: it is to get no more calls.' }),
  })
  .meta({ id: 'Readiness' });

export const readyz = defineRoute({
  operationId: 'readyz',
  method: 'get',
  path: '/readyz',
  summary: 'Whether the process can do its work',
  description:
    'The readiness probe. Every part has 3 s of its own to answer; a part that does not answer is not in order. ' +
    'The answer is 503 only for parts that the role of the process needs: PostgreSQL for `ROLE=api` and `ROLE=all`, ' +
    'PostgreSQL, Temporal and the worker for `ROLE=worker`. Other parts that are not in order are listed under `degraded`.',
  tag: 'Operations',
  access: 'public',
  form: problemForm,
  success: { status: 200, description: 'Every part that the role needs is in order.', schema },
  otherAnswers: { 503: { description: 'A part that the role needs is not in order.', schema } },
  errors: [],
  async handle({ services }) {
    const { parts, needed } = await services.readiness();
    const ok = needed.every((name) => parts[name]?.ok);
    const degraded = Object.entries(parts)
      .filter(([name, { ok: isInOrder }]) => !isInOrder && !needed.some((each) => each === name))
      .map(([name]) => name);
    return { status: ok ? 200 : 503, body: { ok, degraded, ...parts } };
  },
});
