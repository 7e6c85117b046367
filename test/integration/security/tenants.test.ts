import { ROUTES } from '../../../src/api/server';
import { nameOf, type RouteCall, routeTable } from './routeTable';
import { type KeyName, MARKER, NEIGHBOURS, rolesOf, STRANGERS, startVictim } from './tenantsSetup';

jest.setTimeout(60_000);

let victim: Awaited<ReturnType<typeof startVictim>>;
let table: Record<string, RouteCall>;
/** All that there is, which no stranger may change. */
let planted: string;

beforeAll(async () => {
  victim = await startVictim();
  table = routeTable(victim.own);
  planted = await victim.everything();
});
afterAll(() => victim?.stop());

const NAMES = ROUTES.map((route) => ({ route, name: nameOf(route) }));

/** The status, or what an interface that answers refusals with 200 says in its body. */
async function refusalOf(key: KeyName | null, method: string, { path, body, headers }: RouteCall) {
  const answer = await victim.call(key, method.toUpperCase(), path, body, headers);
  expect(JSON.stringify(answer.body ?? '')).not.toContain(MARKER);
  const isCmdbRefusal = answer.status === 200 && answer.body?.result === false;
  return { answer, isRefused: [401, 403, 404].includes(answer.status) || isCmdbRefusal };
}

test('every route is in the table, and nothing else', () => {
  expect(Object.keys(table).sort()).toEqual(NAMES.map(({ name }) => name).sort());
});

test('the public routes are these', () => {
  const open = NAMES.filter(({ route }) => route.access === 'public').map(({ name }) => name);
  const listed = Object.entries(table).filter(([, { kind }]) => kind === 'public');
  expect(open.sort()).toEqual(listed.map(([name]) => name).sort());
});

test('the victim gets to see the marker, so that it can be missed', async () => {
  const paths: [KeyName, string][] = [
    ['victim', `/v1/subscriptions/${victim.own.subscription}`],
    ['victim', `/v1/events/${victim.own.event}`],
    ['victim', '/gateway/callbacks'],
    ['victim', '/gateway/failedMessages'],
    ['victimUser', `/portal/api/v2/subscription/subscription/${victim.own.portal}`],
    ['victimUser', '/portal/api/v2/subscription/default'],
    ['victimOperator', '/v1/apps'],
  ];
  for (const [key, path] of paths) {
    const { body } = await victim.call(key, 'GET', path);
    expect({ path, marked: JSON.stringify(body).includes(MARKER) }).toEqual({ path, marked: true });
  }
  const { body } = await victim.call('victim', 'POST', '/api/v3/event/subscribe/search/acme/2', {});
  expect(JSON.stringify(body)).toContain(MARKER);
});

describe.each(NAMES)('$name', ({ route, name }) => {
  const callOf = (): RouteCall => {
    const found = table[name];
    if (!found) throw new Error(`test/integration/security/routeTable.ts does not say how ${name} is called`);
    return found;
  };

  if (route.access === 'public') {
    test('shows nothing of anybody', async () => {
      const response = await fetch(victim.url + callOf().path);
      expect(response.status).toBe(200);
      expect(await response.text()).not.toContain(MARKER);
    });
    return;
  }

  test("without a key, and with another tenant's: refused, leaks nothing, changes nothing", async () => {
    const found = callOf();
    const anonymous = await victim.call(null, route.method.toUpperCase(), found.path, found.body, found.headers);
    expect(anonymous.status).toBe(401);
    for (const key of STRANGERS) {
      const { answer, isRefused } = await refusalOf(key, route.method, found);
      const mayCall = rolesOf(key).some((role) => (route.access as readonly string[]).includes(role));
      const mayBeAnswered = mayCall && (found.kind === 'ownView' || found.kind === 'shared');
      expect({ key, ...answer, isRefused: isRefused || mayBeAnswered }).toEqual({ key, ...answer, isRefused: true });
    }
    expect(await victim.everything()).toBe(planted);
  });

  test('with the key of another app of the tenant', async () => {
    const found = callOf();
    if (found.kind === 'tenantWide') return;
    for (const key of NEIGHBOURS) {
      const { answer, isRefused } = await refusalOf(key, route.method, found);
      if (found.kind === 'refused') expect({ key, ...answer, isRefused }).toEqual({ key, ...answer, isRefused: true });
    }
    expect(await victim.everything()).toBe(planted);
  });
});

test('by its owner, each of these calls is answered: they name what is there', async () => {
  // What takes away comes last, and the whole app's before one's own.
  const order = (name: string) => (name.startsWith('delete') ? 1 : 0);
  for (const { route, name } of [...NAMES].sort((a, b) => order(a.name) - order(b.name))) {
    const found = table[name];
    if (found?.kind !== 'refused' && found?.kind !== 'appView') continue;
    const { owner = 'victim', path, body, headers } = found;
    const answer = await victim.call(owner, route.method.toUpperCase(), path, body, headers);
    // 409: of a state that this delivery or lane is not in, but there it is.
    const isAnswered = (answer.status < 300 && answer.body?.result !== false) || answer.status === 409;
    expect({ name, ...answer, isAnswered }).toEqual({ name, ...answer, isAnswered: true });
  }
});
