import * as z from 'zod';
import { problemForm } from '../../../errorForm';
import { ignored, readOnly, requireUnchanged } from '../../../readOnly';
import { defineRoute } from '../../../route';
import { appAnswer } from '../answers';
import { appPath, callbackUrl, name } from '../shapes';

export const changeApp = defineRoute({
  operationId: 'changeApp',
  method: 'patch',
  path: '/v1/apps/{tenantId}/{appId}',
  summary: 'Change an app',
  description: 'Fields that are not there stay as they are; `callbackUrl: null` takes the callback away.',
  tag: 'Tenants and apps',
  access: ['operator'],
  form: problemForm,
  params: appPath,
  body: z
    .strictObject({
      name: name.meta({ example: 'Shop' }).optional(),
      callbackUrl: callbackUrl.nullish(),
      tenantId: readOnly,
      id: readOnly,
      createdAt: ignored,
    })
    .meta({ id: 'AppChange' }),
  success: { status: 200, description: 'Changed.', schema: appAnswer },
  errors: [404, 409],
  async handle({ caller, params, body: { tenantId, id, createdAt: _ignored, ...change }, services }) {
    requireUnchanged({ tenantId, id }, { tenantId: params.tenantId, id: params.appId });
    return { body: await services.apps.change(caller, params, change) };
  },
});
