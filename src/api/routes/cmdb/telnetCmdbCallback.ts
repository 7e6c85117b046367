import { CODES, cmdbForm } from '../../cmdbForm';
import { defineRoute } from '../../route';
import { ACCESS, bodyObject, callbackUrl, done, succeeded, TAG, versionPath } from './shapes';

export const telnetCmdbCallback = defineRoute({
  operationId: 'telnetCmdbCallback',
  method: 'post',
  path: '/api/{version}/event/subscribe/telnet',
  summary: 'Test the connection to a callback',
  description:
    'Whether it can be connected to within 8 s; why not is not told. Unknown fields are ignored. ' +
    'A key may cause 5 test calls a second, 40 at once after a rest.',
  tag: TAG,
  access: ACCESS,
  form: cmdbForm({ 422: CODES.telnetFailed }),
  params: versionPath,
  body: bodyObject({ callback_url: callbackUrl }).meta({
    id: 'CmdbTelnet',
    example: { callback_url: '127.0.0.1:9000/cmdb' },
  }),
  success: { status: 200, description: 'Connected, if `result` says so.', schema: succeeded },
  errors: [404],
  async handle({ caller, body: { callback_url }, services }) {
    await services.cmdb.telnet({ caller, callbackUrl: callback_url });
    return { body: done('success') };
  },
});
