import * as z from 'zod';
import { EVENT_TAGS } from '../../../domain/gatewayTags';
import { gatewayForm } from '../../gatewayForm';
import { defineRoute } from '../../route';
import { eventTag, succeeded, successOf, TAG } from './shapes';

const tagOfCatalogue = z
  .object({
    group: z.string().meta({ description: 'Which part of the platform it comes from.', example: 'Account change' }),
    function: z.string().meta({ description: 'What has happened.', example: 'freeze account' }),
    eventTag,
    content: z
      .record(z.string(), z.unknown())
      .meta({ description: 'An example of `content`.', example: { Account: 'ada', RealmId: 1 } }),
  })
  .meta({ id: 'EventTagOfCatalogue' });

export const listEventTags = defineRoute({
  operationId: 'listEventTags',
  method: 'get',
  path: '/gateway/eventTags',
  summary: 'List the event tags that can be registered',
  tag: TAG,
  access: ['operator', 'subscriber'],
  form: gatewayForm,
  success: {
    status: 200,
    description: 'The catalogue.',
    schema: successOf('EventTags', z.array(tagOfCatalogue).meta({ description: 'Every tag that can be registered.' })),
  },
  errors: [],
  async handle() {
    return { body: succeeded(EVENT_TAGS) };
  },
});
