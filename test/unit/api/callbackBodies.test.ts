import Ajv2020 from 'ajv/dist/2020';
import { buildDocument } from '../../../src/api/openapi';
import { ROUTES } from '../../../src/api/server';
import type { InterfaceName } from '../../../src/contracts/states';
import { GATEWAY_FORMATS, type GatewayFormat } from '../../../src/domain/gatewayFormat';
import { createCallbackFormats } from '../../../src/outbound/formats';
import { signatureHeaders } from '../../../src/outbound/sign';

const document = JSON.parse(JSON.stringify(buildDocument(ROUTES)));
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ $id: 'document', ...document });

const formats = createCallbackFormats({
  pageOf: async () => ({ targetId: '88981', recipients: [{ user: 'ada', subscription_uuid: 'a-uuid-of-8' }] }),
  patterns: { isFound: async () => true },
});

/** Every member that the document names is sent, and no other is. */
async function expectAsDocumented(name: InterfaceName, gatewayFormat?: GatewayFormat): Promise<void> {
  const deliveryId = '6f1c2a60-0b6e-4f43-9a5c-0b7f5f0f7d11';
  const event = {
    ...{ id: 'e', tenantId: 'acme', source: 'shop', topic: 'orders', type: 'created', status: 'new', key: 'k' },
    changes: '[{"order":17}]',
    acceptedAt: new Date(),
  };
  const format = formats[name];
  const interfaceData = { appRegisterId: 7, format: gatewayFormat };
  const bytes = await format.body({ deliveryId, topic: 'orders', event, interfaceData });
  const text = Buffer.from(bytes ?? '').toString();
  const mediaType = format.contentTypeOf(interfaceData).split(';')[0] ?? '';
  const sent = mediaType.endsWith('json') ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text));

  const { parameters, requestBody } = document.webhooks[name].post;
  const reference: string = requestBody.content[mediaType].schema.$ref;
  const validate = ajv.compile({ $ref: `document${reference}` });
  expect({ valid: validate(sent), errors: validate.errors }).toEqual({ valid: true, errors: null });
  const schema = document.components.schemas[reference.split('/').at(-1) ?? ''];
  expect(Object.keys(sent).sort()).toEqual(Object.keys(schema.properties).sort());

  const secrets = [`whsec_${Buffer.alloc(24).toString('base64')}`];
  const headers = signatureHeaders({ id: deliveryId, body: text, timestampS: 1, secrets });
  const documented = parameters.filter((parameter: { in: string }) => parameter.in === 'header');
  expect(documented.map((parameter: { name: string }) => parameter.name)).toEqual(Object.keys(headers));
}

test.each<InterfaceName>(['native', 'data-push', 'cmdb', 'portal'])(
  'the callback of %s is what the document says',
  (name) => expectAsDocumented(name),
);

test.each(GATEWAY_FORMATS)('the callback of the gateway in %s is what the document says', (format) =>
  expectAsDocumented('gateway', format),
);
