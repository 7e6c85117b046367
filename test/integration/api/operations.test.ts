import { READY, startTestApi, type TestApi } from './testApi';

let api: TestApi;

afterEach(() => api.stop());

async function get(path: string) {
  const response = await fetch(api.url + path);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

test.each(['/livez', '/healthz'])('%s asks nobody', async (path) => {
  api = await startTestApi({ readiness: () => Promise.reject(new Error('away')) });
  expect(await get(path)).toMatchObject({ status: 200, text: '{"ok":true}' });
});

describe('/readyz', () => {
  const away = { ok: false, detail: 'does not answer' };

  test('every part in order', async () => {
    api = await startTestApi();
    const { status, text } = await get('/readyz');
    expect([status, JSON.parse(text)]).toEqual([200, { ok: true, degraded: [], ...READY.parts }]);
  });

  test('a part that the role needs is not', async () => {
    const parts = { ...READY.parts, postgres: away, temporal: away };
    api = await startTestApi({ readiness: async () => ({ parts, needed: ['postgres', 'temporal'] }) });
    const { status, text } = await get('/readyz');
    expect([status, JSON.parse(text)]).toEqual([503, { ok: false, degraded: [], ...parts }]);
  });

  test('a part that the role can do without for a while is not', async () => {
    const parts = { ...READY.parts, temporal: away };
    api = await startTestApi({ readiness: async () => ({ parts, needed: ['postgres'] }) });
    const { status, text } = await get('/readyz');
    expect([status, JSON.parse(text)]).toEqual([200, { ok: true, degraded: ['temporal'], ...parts }]);
  });
});

test('/metrics in the text format, with the calls of the API', async () => {
  api = await startTestApi();
  await get('/healthz');
  await get('/docs/none');
  api.metrics.deliveriesFinished.inc({ state: 'delivered' });
  const { status, headers, text } = await get('/metrics');
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  for (const line of [
    'postrider_events_accepted_total 0',
    'postrider_deliveries_finished_total{state="delivered"} 1',
    'postrider_attempts_in_flight 0',
    'postrider_oldest_pending_seconds 7',
    'postrider_http_request_duration_seconds_count{method="get",route="/healthz",status="200"} 1',
    'postrider_http_request_duration_seconds_count{method="get",route="/docs/{asset}",status="404"} 1',
  ]) {
    expect(text).toContain(line);
  }
  for (const name of ['attempts_total', 'first_attempt_delay_seconds', 'acknowledge_delay_seconds']) {
    expect(text).toContain(`# TYPE postrider_${name} `);
  }
  expect(text).toContain('process_cpu_seconds_total');
});

test('/ leads to the documentation', async () => {
  api = await startTestApi();
  const { status, headers } = await fetch(api.url, { redirect: 'manual' });
  expect([status, headers.get('location')]).toEqual([302, 'docs']);
  expect((await fetch(api.url)).url).toBe(`${api.url}/docs`);
});

describe('/docs', () => {
  test('a page with nothing inline and nothing from elsewhere', async () => {
    api = await startTestApi();
    const { status, headers, text } = await get('/docs');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain('upgrade-insecure-requests');
    expect(text).not.toMatch(/<script>|<style|\son\w+=|https?:|\/\//);
    const files = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '');
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) expect((await get(`/${file}`)).status).toBe(200);
  });

  test.each([
    ['swagger-ui.css', 'text/css; charset=utf-8'],
    ['style.css', 'text/css; charset=utf-8'],
    ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
    ['start.js', 'text/javascript; charset=utf-8'],
    ['favicon-32x32.png', 'image/png'],
  ])('%s is %s', async (file, type) => {
    api = await startTestApi();
    const { headers, text } = await get(`/docs/${file}`);
    expect(headers.get('content-type')).toBe(type);
    expect(text.length).toBeGreaterThan(50);
  });
});
