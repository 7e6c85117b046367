import * as z from 'zod';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import type { InterfaceName } from '../../contracts/states';
import { EXAMPLE_IDS } from '../routes/v1/shapes';
import { CALLBACK_BODIES, gatewayMessage } from './callbackBodies';
import type { Tag } from './tags';

const TAG: Tag = 'Callbacks';

/** Standard Webhooks: https://www.standardwebhooks.com */
const headers = z.object({
  'webhook-id': z.string().meta({
    description: 'Id of the delivery: the same on each of its attempts, so a receiver can drop a repeat.',
    example: EXAMPLE_IDS.delivery,
  }),
  'webhook-timestamp': z.string().meta({
    description: 'When the attempt began, in seconds since 1970. Refuse what is older than five minutes.',
    example: '1767268800',
  }),
  'webhook-signature': z.string().meta({
    description:
      'One `v1,<base64>` for each live secret, separated by spaces: HMAC-SHA256 over `webhook-id.webhook-timestamp.body`, ' +
      'keyed with the bytes that follow `whsec_` in base64. One that matches is enough.',
    example: 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  }),
});

const ANY_2XX = 'Acknowledged: any 2xx, whatever the body says.';

const WEBHOOKS: Record<InterfaceName, { operationId: string; summary: string; acknowledged: string }> = {
  native: {
    operationId: 'receiveNativeCallback',
    summary: 'An event for a native subscription',
    acknowledged: ANY_2XX,
  },
  'data-push': {
    operationId: 'receiveDataPushCallback',
    summary: 'An event for a data-push registration',
    acknowledged: ANY_2XX,
  },
  cmdb: {
    operationId: 'receiveCmdbCallback',
    summary: 'An event for a CMDB subscription',
    acknowledged: 'Acknowledged: a status that `confirm_pattern` names, or a body that it is found in.',
  },
  gateway: {
    operationId: 'receiveGatewayCallback',
    summary: 'A message for a gateway registration',
    acknowledged: 'Acknowledged: a 2xx with a JSON body whose `errcode` is 0.',
  },
  portal: {
    operationId: 'receivePortalCallback',
    summary: 'An event for users of the portal',
    acknowledged: ANY_2XX,
  },
};

const GONE = 'No longer wanted: the delivery fails and is not repeated.';
const REPEATED = 'Not acknowledged: repeated by the retry schedule.';
const gatewayAnswer = z
  .object({
    errcode: z.string().meta({ description: '`0`: acknowledged.', example: '0' }),
    errmsg: z.string().meta({ description: 'Not compared.', example: '成功' }),
  })
  .meta({ id: 'GatewayAcknowledgement' });

/** What a receiver gets, by interface. The names of the members are those of the generated handlers. */
export function webhooks(): Record<string, { post: ZodOpenApiOperationObject }> {
  return Object.fromEntries(
    Object.entries(WEBHOOKS).map(([name, { operationId, summary, acknowledged }]) => [
      name,
      {
        post: {
          operationId,
          summary,
          description: 'The first attempt follows within seconds of the publish. The body is the same on each attempt.',
          tags: [TAG],
          security: [],
          requestParams: { header: headers },
          requestBody: { required: true, content: contentOf(name as InterfaceName) },
          responses: {
            200: {
              description: acknowledged,
              ...(name === 'gateway' && { content: { 'application/json': { schema: gatewayAnswer } } }),
            },
            410: { description: GONE },
            default: { description: REPEATED },
          },
        },
      },
    ]),
  );
}

function contentOf(name: InterfaceName) {
  if (name !== 'gateway') return { 'application/json': { schema: CALLBACK_BODIES[name] } };
  return {
    'application/x-www-form-urlencoded': { schema: gatewayMessage(z.string()) },
    'application/json': { schema: CALLBACK_BODIES.gateway },
  };
}
