import { createHoldBack } from '../../../src/api/holdBack';
import { Refusal } from '../../../src/services/errors';
import { formatKey, newKeyParts } from '../../../src/services/keys/secret';
import { waitFor } from '../../support/engine';
import { startTestApi, type TestApi } from '../api/testApi';

jest.setTimeout(60_000);

const PER_SECOND = 20;
const BURST = 2 * PER_SECOND;

let api: TestApi;
// Floods of keyless calls are the subject of withoutKey.
const UNLIMITED = { perSecond: 100_000, burst: 100_000 };
const LIMITS = { rateLimitPerKey: PER_SECOND, anonymousLimits: { perAddress: UNLIMITED, perRoute: UNLIMITED } };
beforeEach(async () => {
  api = await startTestApi(LIMITS);
});
afterEach(() => api.stop());

const BODY = JSON.stringify({ event_source: 'a', event_topic: 'b', event_type: 'c', event_status: 'd', changes: [1] });
const producerKey = () => api.key({ tenantId: 'acme', roles: ['producer'] });

async function publish(key: string) {
  const response = await fetch(`${api.url}/api/publish`, {
    method: 'POST',
    headers: { authorization: key },
    body: BODY,
  });
  await response.arrayBuffer();
  return { status: response.status, retryAfter: response.headers.get('retry-after') };
}

/** One call after the other, until told to stop. */
function flood(key: string, callers: number) {
  const answers: Awaited<ReturnType<typeof publish>>[] = [];
  let isOver = false;
  const calls = Array.from({ length: callers }, async () => {
    while (!isOver) answers.push(await publish(key));
  });
  return {
    answers,
    async stop() {
      isOver = true;
      await Promise.all(calls);
    },
  };
}

test('one key floods: it gets 429 with Retry-After, every call of the others is served, and none of its is lost', async () => {
  const greedy = await producerKey();
  const others = await Promise.all(Array.from({ length: 5 }, producerKey));
  const flooding = flood(greedy, 20);
  while (!flooding.answers.some(({ status }) => status === 429)) await publish(others[0] ?? '').catch(() => undefined);

  // Each of the others stays within its burst, whatever the machine's pace.
  const served = await Promise.all(
    others.slice(1).flatMap((key) => Array.from({ length: PER_SECOND }, () => publish(key))),
  );
  await flooding.stop();
  expect(served.map(({ status }) => status)).toEqual(Array(4 * PER_SECOND).fill(200));
  const refused = flooding.answers.filter(({ status }) => status === 429);
  const accepted = flooding.answers.filter(({ status }) => status === 200);
  expect(refused.length + accepted.length).toBe(flooding.answers.length);
  for (const { retryAfter } of refused) expect(Number(retryAfter)).toBeGreaterThanOrEqual(1);
  expect(refused.length).toBeGreaterThan(0);
  expect(accepted.length).toBeGreaterThanOrEqual(BURST);
});

test('what is refused has published nothing', async () => {
  const key = await producerKey();
  const answers = await Promise.all(Array.from({ length: 4 * BURST }, () => publish(key)));
  expect(answers.some(({ status }) => status === 429)).toBe(true);
  expect(api.published).toHaveLength(answers.filter(({ status }) => status === 200).length);
});

test('a refusal of every limit is held back, not only that of the calls: who goes on waits for its answers', async () => {
  await api.stop();
  const greedy = { published: 0 };
  let release = () => {};
  const isReleased = new Promise<void>((resolve) => {
    release = resolve;
  });
  api = await startTestApi({
    rateLimitPerKey: 10_000,
    holdBack: createHoldBack({ hold: () => isReleased }),
    publish: async () => {
      if (++greedy.published > 300) return { eventId: 'others' };
      throw new Refusal(429, 'too many', undefined, 1);
    },
  });
  const [key, other] = [await producerKey(), await producerKey()];
  let answered = 0;
  const calls = Array.from({ length: 300 }, () => publish(key).then(() => void answered++));
  await waitFor(async () => greedy.published === 300 || undefined, { what: 'every call to be refused' });
  for (let count = 0; count < 3; count++) expect((await publish(other)).status).toBe(200);
  await waitFor(async () => answered >= 100 || undefined, { what: 'the first hundred to be answered' });
  // Twenty a second are answered on top.
  expect(answered).toBeLessThan(300);
  release();
  await Promise.all(calls);
});

test('keys that nobody has are refused, however many, and those that there are go on', async () => {
  const key = await producerKey();
  const strangers = await Promise.all(Array.from({ length: 500 }, () => publish(formatKey(newKeyParts()))));
  expect(new Set(strangers.map(({ status }) => status))).toEqual(new Set([401]));
  const answers = await Promise.all(Array.from({ length: PER_SECOND }, () => publish(key)));
  expect(answers.map(({ status }) => status)).toEqual(Array(PER_SECOND).fill(200));
});

test('one of many: the calls on one key count together, over whatever connections and routes', async () => {
  const key = await api.key({ tenantId: 'acme', roles: ['producer', 'operator'] });
  const get = () => fetch(`${api.url}/v1/nowhere`, { headers: { authorization: key } });
  // Paths that there are not cost no key its tokens.
  await Promise.all(Array.from({ length: 2 * BURST }, get));
  expect((await publish(key)).status).toBe(200);
});

describe('the log of a flood', () => {
  const refusals = () => api.lines.filter(({ msg }) => msg === 'request.refused');
  const counted = (lines: Record<string, unknown>[]) =>
    lines.reduce((sum, { leftOut }) => sum + 1 + Number(leftOut ?? 0), 0);
  let greedy: string;
  beforeEach(async () => {
    await api.stop();
    // Refusals that are held would only make it longer.
    api = await startTestApi({ ...LIMITS, holdBack: async () => undefined });
  });

  test.each([
    ['a key over its limit', async () => (await publish(greedy)).status, 429],
    ['made-up keys', async () => (await publish(formatKey(newKeyParts()))).status, 401],
    ['paths that there are not', async () => (await fetch(`${api.url}/nowhere`)).status, 404],
  ])('%s: ten lines at once, then one a second that counts the others', async (_, call, status) => {
    greedy = await producerKey();
    const answers = await Promise.all(Array.from({ length: 6 * BURST }, call));
    let refused = answers.filter((answer) => answer === status).length;
    expect(refused).toBeGreaterThan(BURST);
    expect(refusals().length).toBeGreaterThanOrEqual(10);
    // Until a line has counted the last of them that was not written.
    while (counted(refusals()) < refused) if ((await call()) === status) refused += 1;
    const lines = refusals();
    // On a busy machine the calls take some seconds.
    expect(lines.length).toBeLessThan(refused / 4);
    expect(counted(lines)).toBe(refused);
    const [id] = greedy.split('_').slice(1);
    expect(new Set(lines.map(({ keyId }) => keyId))).toEqual(new Set([status === 429 ? id : undefined]));
  });

  test("another caller's refusals are written, each with its request's id", async () => {
    greedy = await producerKey();
    const careless = await producerKey();
    await Promise.all(Array.from({ length: 4 * BURST }, () => publish(greedy)));
    const requests = Array.from({ length: 15 }, () =>
      fetch(`${api.url}/api/publish`, { method: 'POST', headers: { authorization: careless }, body: '{' }),
    );
    const ids = await Promise.all(
      requests.map(async (request) => ((await (await request).json()) as { request_id: string }).request_id),
    );
    const written = refusals().map(({ requestId }) => requestId);
    for (const id of ids) expect(written).toContain(id);
  });
});
