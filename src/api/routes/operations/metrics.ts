import * as z from 'zod';
import { problemForm } from '../../errorForm';
import { defineRoute } from '../../route';

export const metrics = defineRoute({
  operationId: 'metrics',
  method: 'get',
  path: '/metrics',
  summary: 'Metrics for Prometheus',
  description:
    'Public, like /livez: counts and times of the whole installation, no names of tenants, no addresses, no payloads.',
  tag: 'Operations',
  access: 'public',
  // Some ms of the event loop for each: every series is written anew.
  anonymousCost: 5,
  form: problemForm,
  success: {
    status: 200,
    description: 'The text format of Prometheus.',
    mediaType: 'text/plain; version=0.0.4; charset=utf-8',
    schema: z.string(),
  },
  errors: [],
  async handle({ services }) {
    return { body: await services.metrics.scrape() };
  },
});
