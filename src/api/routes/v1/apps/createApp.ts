import * as z from 'zod';
import { answerOnce } from '../../../../services/repeats';
import { problemForm } from '../../../errorForm';
import { LOCATION_SAYS, locationOf } from '../../../location';
import { defineRoute } from '../../../route';
import { appAnswer } from '../answers';
import { callbackUrl, chosenId, name, tenantId } from '../shapes';

export const createApp = defineRoute({
  operationId: 'createApp',
  method: 'post',
  path: '/v1/apps',
  summary: 'Make an app',
  description: 'Its id is unique inside its tenant.',
  tag: 'Tenants and apps',
  access: ['operator'],
  form: problemForm,
  makes: true,
  body: z
    .strictObject({
      tenantId,
      id: chosenId.meta({ example: 'shop' }),
      name: name.meta({ example: 'Shop' }),
      callbackUrl: callbackUrl.nullish(),
    })
    .meta({ id: 'NewApp' }),
  success: { status: 201, description: 'Made.', schema: appAnswer, headers: LOCATION_SAYS },
  errors: [404, 409],
  async handle({ caller, body: { callbackUrl = null, ...app }, services }) {
    return answerOnce(
      () => services.apps.create(caller, { ...app, callbackUrl }),
      (made) => ({ headers: locationOf('v1', 'apps', made.tenantId, made.id), body: made }),
    );
  },
});
