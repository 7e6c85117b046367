import type { Role } from '../../../src/contracts/states';
import { actingApp } from '../../../src/services/access';

function act(
  caller: { tenantId?: string; appId?: string; roles: Role[]; subject?: string },
  named: { tenantId?: string; appId?: string } = {},
) {
  return actingApp({ keyId: 'k', tenantId: null, appId: null, subject: null, ...caller }, named);
}
const refused = (status: number) => expect.objectContaining({ status });

const subscriber = { tenantId: 't', appId: 'a', roles: ['subscriber'] as Role[] };
const tenantOperator = { tenantId: 't', roles: ['operator'] as Role[] };
const operator = { roles: ['operator'] as Role[] };

test('a subscriber acts for its own app', () => {
  expect(act(subscriber)).toEqual({ tenantId: 't', appId: 'a' });
  expect(act(subscriber, { tenantId: 't', appId: 'a' })).toEqual({ tenantId: 't', appId: 'a' });
  expect(() => act(subscriber, { tenantId: 'u' })).toThrow(refused(403));
  expect(() => act(subscriber, { appId: 'b' })).toThrow(refused(403));
  expect(() => act({ ...subscriber, subject: 'ann' })).toThrow(refused(403));
});

test('an operator acts for the app that is named, inside its tenant if it has one', () => {
  expect(act(tenantOperator, { appId: 'b' })).toEqual({ tenantId: 't', appId: 'b' });
  expect(() => act(tenantOperator)).toThrow(refused(400));
  expect(() => act(tenantOperator, { tenantId: 'u', appId: 'b' })).toThrow(refused(403));
  expect(act(operator, { tenantId: 'u', appId: 'b' })).toEqual({ tenantId: 'u', appId: 'b' });
  expect(() => act(operator, { appId: 'b' })).toThrow(refused(400));
  expect(() => act(operator, { tenantId: 'u' })).toThrow(refused(400));
});

test('both roles together act for their own app by default and for others by name', () => {
  const both = { ...subscriber, roles: ['operator', 'subscriber'] as Role[] };
  expect(act(both)).toEqual({ tenantId: 't', appId: 'a' });
  expect(act(both, { appId: 'b' })).toEqual({ tenantId: 't', appId: 'b' });
});
