import * as z from 'zod';
import { Cursors, type CursorsOptions, createCursorSeal } from '../../../src/api/cursors';
import type { Caller } from '../../../src/services/caller';

const SECRETS_KEY = Buffer.alloc(32, 7);
const key = z.tuple([z.string(), z.int()]);
const CALLER: Caller = { keyId: 'k1', tenantId: 'acme', appId: 'shop', roles: ['subscriber'], subject: null };
const ROUTE = { method: 'get', path: '/v1/lanes' } as const;

const cursorsOf = (options: Partial<CursorsOptions> = {}) =>
  new Cursors({ seal: createCursorSeal(SECRETS_KEY), route: ROUTE, caller: CALLER, params: undefined, ...options });
const sealed = () => cursorsOf().seal(['secret of another', 3]) ?? '';
const open = (cursor: string, options?: Partial<CursorsOptions>) =>
  cursorsOf(options).request({ cursor, limit: 5 }, key);

test('opens what another process has sealed with the same key', () => {
  expect(open(sealed())).toEqual({ after: ['secret of another', 3], limit: 5 });
  expect(cursorsOf().request({ limit: 5 }, key)).toEqual({ after: null, limit: 5 });
  expect(cursorsOf().seal(null)).toBeNull();
});

test('is URL-safe, shows nothing, and is never the same twice', () => {
  expect(sealed()).toMatch(/^[\w-]+$/);
  expect(Buffer.from(sealed(), 'base64url').toString('latin1')).not.toContain('secret');
  expect(sealed()).not.toBe(sealed());
});

test('a key of the same app with the same roles opens it', () => {
  const caller = { ...CALLER, keyId: 'k2' };
  expect(open(sealed(), { caller }).after).toEqual(['secret of another', 3]);
});

test.each<[string, Partial<CursorsOptions>]>([
  ['another tenant', { caller: { ...CALLER, tenantId: 'rival' } }],
  ['another app', { caller: { ...CALLER, appId: 'other' } }],
  ['another user', { caller: { ...CALLER, subject: 'u' } }],
  ['other roles', { caller: { ...CALLER, roles: ['operator'] } }],
  ['another route', { route: { ...ROUTE, path: '/v1/deliveries' } }],
  ['another event', { params: { id: 'e' } }],
  ['another installation', { seal: createCursorSeal(Buffer.alloc(32, 8)) }],
])('of %s it is refused', (_, options) => {
  expect(() => open(sealed(), options)).toThrow('cursor: is not a nextCursor of this list');
});

test.each([
  '',
  'x',
  '%00',
  Buffer.from('["a",1]').toString('base64url'),
  Buffer.alloc(28).toString('base64url'),
  Buffer.alloc(60).toString('base64url'),
])('what was never sealed is refused: %j', (cursor) => {
  expect(() => open(cursor)).toThrow('is not a nextCursor');
});

test('of a list with another key it is refused', () => {
  expect(() => cursorsOf().request({ cursor: sealed(), limit: 5 }, z.uuid())).toThrow('is not a nextCursor');
});
