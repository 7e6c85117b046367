import { type NativeApi, startNativeApi } from './nativeApi';

jest.setTimeout(60_000);

let api: NativeApi;
beforeAll(async () => {
  api = await startNativeApi();
});
afterAll(() => api.stop());

const callbackUrl = 'https://hooks.example/a';
const cmdb = (name: string, more: Record<string, unknown> = {}) =>
  api.call('shop', 'POST', '/api/v3/event/subscribe/acme/2', {
    ...{ subscription_name: name, system_name: 'x', callback_url: callbackUrl, confirm_mode: 'httpstatus' },
    ...{ confirm_pattern: '200', subscription_form: 'hostcreate', timeout: 10, ...more },
  });

test('each subscription says what its own interface calls it, so its signing secret can be found', async () => {
  const first = (await cmdb('first')).body.data.subscription_id;
  const second = (await cmdb('second', { confirm_mode: 'regular', confirm_pattern: 'ok' })).body.data.subscription_id;
  const pushed = await api.call('shop', 'POST', '/topics/subscribe', {
    ...{ tenantId: 'acme', appId: 'shop', webhookUrl: callbackUrl, topicList: ['gs'] },
  });
  const made = await api.subscribe('shop');

  const { body } = await api.call('shop', 'GET', '/v1/subscriptions');
  const shown = body.data.map((one: Record<string, unknown>) => [one.interface, one.registration]);
  const place = { bk_biz_id: 2 };
  expect(shown).toEqual([
    ['native', undefined],
    ['data-push', { appRegisterId: pushed.body.appRegisterId }],
    [
      'cmdb',
      {
        ...place,
        subscription_id: second,
        subscription_name: 'second',
        confirm_mode: 'regular',
        confirm_pattern: 'ok',
      },
    ],
    [
      'cmdb',
      {
        ...place,
        subscription_id: first,
        subscription_name: 'first',
        confirm_mode: 'httpstatus',
        confirm_pattern: '200',
      },
    ],
  ]);
  expect(made).not.toHaveProperty('registration');

  const ofFirst = body.data[3];
  expect((await api.call('shop', 'GET', `/v1/subscriptions/${ofFirst.id}`)).body).toEqual(ofFirst);
  expect((await api.call('shop', 'POST', `/v1/subscriptions/${ofFirst.id}/pause`)).body.registration).toEqual(
    ofFirst.registration,
  );
  const { body: secrets } = await api.call('shop', 'GET', `/v1/subscriptions/${ofFirst.id}/secret`);
  expect(secrets.secret).toMatch(/^whsec_/);
});

test('a topic that a delivery shows can be filtered by, however long it is', async () => {
  const [topic, type] = ['t'.repeat(128), 'y'.repeat(128)];
  await cmdb('long', { subscription_form: `${topic}${type}` });
  const { deliveryIds } = await api.publish({ topic, type });
  const { body } = await api.call('shop', 'GET', '/v1/deliveries');
  expect(body.data[0].topic).toBe(topic + type);
  const found = await api.call('shop', 'GET', `/v1/deliveries?topic=${body.data[0].topic}`);
  expect(found.body.data.map(({ id }: { id: string }) => id)).toEqual(deliveryIds);
  expect((await api.call('shop', 'GET', `/v1/deliveries?topic=${'x'.repeat(258)}`)).status).toBe(400);
});

test('PATCH takes a registration as it came, and no other', async () => {
  const { subscription_id: id } = (await cmdb('third')).body.data;
  const { data } = (await api.call('shop', 'GET', '/v1/subscriptions')).body;
  const shown = data.find(
    ({ registration }: Record<string, Record<string, unknown>>) => registration?.subscription_id === id,
  );
  const patch = (body: object) => api.call('shop', 'PATCH', `/v1/subscriptions/${shown.id}`, body);
  expect(await patch(shown)).toMatchObject({ status: 409, body: { code: 'other_interface' } });
  const registration = { ...shown.registration, subscription_id: 0 };
  const refused = { code: 'read_only', errors: [{ field: 'registration' }] };
  expect(await patch({ ...shown, registration })).toMatchObject({ status: 409, body: refused });
  expect(await patch({ registration })).toMatchObject({ status: 409, body: refused });
});
