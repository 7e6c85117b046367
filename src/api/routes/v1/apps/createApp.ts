import * as z from 'zod';
import { problemForm } from '../../../errorForm';
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
  body: z
    .strictObject({
      tenantId,
      id: chosenId.meta({ example: 'shop' }),
      name: name.meta({ example: 'Shop' }),
      callbackUrl: callbackUrl.nullish(),
    })
    .meta({ id: 'NewApp' }),
  success: { status: 201, description: 'Made.', schema: appAnswer },
  errors: [404, 409],
  async handle({ caller, body: { callbackUrl = null, ...app }, services }) {
    return { body: await services.apps.create(caller, { ...app, callbackUrl }) };
  },
});
