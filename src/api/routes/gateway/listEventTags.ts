import * as z from 'zod';
import { EVENT_TAGS } from '../../../domain/gatewayTags';
import { gatewayForm } from '../../gatewayForm';
import { defineRoute } from '../../route';
import { eventTag, succeeded, successOf, TAG } from './shapes';

const tagOfCatalogue = z
  .object({
    group: z.string(),
    function: z.string(),
    eventTag,
    content: z.record(z.string(), z.unknown()).meta({ description: 'An example.' }),
  })
  .meta({ id: 'EventTagOfCatalogue' });

export const listEventTags = defineRoute({
  method: 'get',
  path: '/gateway/eventTags',
  summary: 'List the event tags that can be registered',
  tag: TAG,
  access: ['operator', 'subscriber'],
  form: gatewayForm,
  success: { status: 200, description: 'The catalogue.', schema: successOf(z.array(tagOfCatalogue)) },
  errors: [],
  async handle() {
    return { body: succeeded(EVENT_TAGS) };
  },
});
