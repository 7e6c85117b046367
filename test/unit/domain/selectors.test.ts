import type { InterfaceName } from '../../../src/contracts/states';
import { type SelectableEvent, selectionsOf, selectorOf } from '../../../src/domain/selectors';

/** The topics under which a subscription of these names gets the event. */
function matches(interfaceName: InterfaceName, names: string[], event: Partial<SelectableEvent>): string[] {
  const stored = new Set(names.map((name) => selectorOf(interfaceName, name)));
  const selections = selectionsOf({ topic: 'gs', type: 'cert', changes: '["id1"]', ...event });
  return selections.filter(({ selector }) => stored.has(selector)).map(({ topic }) => topic);
}

test.each(['native', 'data-push'] as const)('%s: the topic, exactly', (name) => {
  for (const topic of ['gs', 'octo/hello', 'topic:gs', '*']) expect(matches(name, [topic], { topic })).toEqual([topic]);
  expect(matches(name, ['GS', 'g', 'gs ', 'gscert', 'cmdb:gs'], {})).toEqual([]);
});

test('cmdb: topic and type joined, or the topic alone', () => {
  const event = { topic: 'host', type: 'create' };
  expect(matches('cmdb', ['hostcreate'], event)).toEqual(['hostcreate']);
  expect(matches('cmdb', ['host'], event)).toEqual(['host']);
  expect(matches('cmdb', ['create', 'Hostcreate', 'host.create', 'hos'], event)).toEqual([]);
});

test('gateway: topic and type, joined with a bar', () => {
  const event = { topic: 'MOZI_BUC_ACCOUNT_MODIFY_REALM', type: 'frozen' };
  expect(matches('gateway', ['MOZI_BUC_ACCOUNT_MODIFY_REALM|frozen'], event)).toEqual([
    'MOZI_BUC_ACCOUNT_MODIFY_REALM|frozen',
  ]);
  expect(
    matches('gateway', ['MOZI_BUC_ACCOUNT_MODIFY_REALM', 'frozen', 'MOZI_BUC_ACCOUNT_MODIFY_REALMfrozen'], event),
  ).toEqual([]);
});

test('no interface gets what another one names so', () => {
  expect(matches('cmdb', ['gs|cert'], {})).toEqual([]);
  expect(matches('gateway', ['gs', 'gscert'], {})).toEqual([]);
  expect(matches('native', ['gscert', 'gs|cert', 'portal'], {})).toEqual([]);
});

const targets = (event: Partial<SelectableEvent>) =>
  selectionsOf({ topic: '7', type: 'collection', changes: '[]', ...event }).find(
    ({ selector }) => selector === 'portal',
  )?.targets;

test('portal: the ids that changes name, as strings or in target_id, once each', () => {
  expect(targets({ changes: '["a", {"target_id":"b","x":1}, "a", {"target_id":"a"}]' })).toEqual(['a', 'b']);
  expect(targets({ topic: '0', type: 'like', changes: '["a"]' })).toEqual(['a']);
});

test.each([
  ['[88981, {"target_id":7}, 0, -5, "7"]', ['88981', '7', '0', '-5']],
  [
    '[9007199254740991, 9007199254740993, {"target_id":12345678901234567890}]',
    ['9007199254740991', '9007199254740993', '12345678901234567890'],
  ],
  [
    '["9007199254740993 \\" 9007199254740993", "\\\\", 9007199254740993]',
    ['9007199254740993 " 9007199254740993', '\\', '9007199254740993'],
  ],
  ['["x", 1.2345678901234567890, 1e300, 1.5, 12345678901234567890.5]', ['x']],
])('portal: whole numbers match like the same text, exactly: %s', (changes, expected) => {
  expect(targets({ changes })).toEqual(expected);
});

test('portal: long texts full of escapes are read in one pass', () => {
  const text = '\\"'.repeat(200_000);
  expect(targets({ changes: `["${text}1234567890123456", 7]` })).toEqual(['7']);
});

test.each([
  { changes: '[1.5, null, ["a"], {"target_id":[7]}, {"id":"a"}, true, {"target_id":true}]' },
  { topic: 'seven', changes: '["a"]' },
  { topic: '07', changes: '["a"]' },
  { topic: '12345678901', changes: '["a"]' },
  { type: 'Collection', changes: '["a"]' },
  { type: 'create', changes: '["a"]' },
])('portal: nothing in %j', (event) => {
  expect(targets(event)).toBeUndefined();
});
