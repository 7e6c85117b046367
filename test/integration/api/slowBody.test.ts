import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ANSWER_WITHIN_MS } from '../../../src/api/deadline';
import { type BareApi, startBareApi } from '../security/bareApi';

jest.setTimeout(60_000);

let api: BareApi;
beforeAll(async () => {
  // As long as a busy database may take.
  api = await startBareApi({ publish: () => sleep(500, { eventId: 'e' }) });
});
afterAll(() => api.stop());

test('the time in which a call is answered begins when its body has come, however slowly that was', async () => {
  const event = { event_source: 's', event_topic: 't', event_type: 'e', event_status: '1', changes: ['id1'] };
  const body = JSON.stringify(event);
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  const key = api.key({ tenantId: 'acme' });
  socket.write(
    `POST /api/publish HTTP/1.1\r\nHost: x\r\nAuthorization: ${key}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body.slice(0, 10)}`,
  );
  await sleep(ANSWER_WITHIN_MS + 500);
  socket.write(body.slice(10));
  const [answer] = await once(socket, 'data');
  socket.destroy();
  expect(String(answer)).toMatch(/^HTTP\/1\.1 200 /);
  expect(api.published).toHaveLength(1);
});
