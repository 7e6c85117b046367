import * as z from 'zod';
import { Refusal } from '../../../services/errors';
import { CODES, cmdbForm, NOT_SET } from '../../cmdbForm';
import { hasHalfSurrogate } from '../../json/surrogates';
import { defineRoute } from '../../route';
import { ACCESS, answered, bodyObject, callbackUrl, done, TAG, versionPath } from './shapes';

const isSet = (data: unknown) => data !== undefined && data !== null && data !== '';

const pinged = z
  .object({
    http_status: z.int().meta({ description: 'HTTP status of the answer.', example: 200 }),
    response_body: z.string().meta({ description: 'First 4 KiB of its body.', example: 'xxxxx' }),
  })
  .meta({ id: 'CmdbPingAnswer' });

export const pingCmdbCallback = defineRoute({
  operationId: 'pingCmdbCallback',
  method: 'post',
  path: '/api/{version}/event/subscribe/ping',
  summary: 'Test a push to a callback',
  description:
    '`data` alone is posted, as JSON and as it came. Whatever status answers, within 8 s, is shown; why nobody answers is not. ' +
    'A key may cause 5 test calls a second, 40 at once after a rest.',
  tag: TAG,
  access: ACCESS,
  form: cmdbForm({ 422: CODES.pingFailed }),
  params: versionPath,
  // `data` may be as large as what an event is delivered with.
  bodyLimit: 'event',
  asText: true,
  body: bodyObject({
    callback_url: callbackUrl,
    data: z.unknown().refine(isSet, { error: NOT_SET }).meta({ description: 'The JSON that is sent.', example: {} }),
  }).meta({ id: 'CmdbPing', example: { callback_url: '127.0.0.1:9000/cmdb', data: {} } }),
  success: {
    status: 200,
    description: 'Answered, if `result` says so.',
    schema: answered('CmdbPinged', z.array(pinged).meta({ description: 'The one answer.' })),
  },
  errors: [404],
  async handle({ caller, body: { callback_url }, bodyTexts, services }) {
    const data = bodyTexts.get('data') ?? '{}';
    if (hasHalfSurrogate(data)) throw new Refusal(400, 'holds half a surrogate pair, which receivers refuse', 'data');
    const { httpStatus, responseBody } = await services.cmdb.ping({ caller, callbackUrl: callback_url, data });
    return { body: done([{ http_status: httpStatus, response_body: responseBody }]) };
  },
});
