import { scanJson } from '../../../../src/api/json/scanJson';

function scan(json: string, wanted?: string[]) {
  const scanned = scanJson(json, wanted);
  if (typeof scanned === 'string') throw new Error(scanned);
  return scanned;
}
const changes = (json: string) => scan(json, ['changes']).members.get('changes');

test.each([
  ['as it came', '{"a":1,"changes":["id1", "id2"],"b":2}', '["id1", "id2"]'],
  [
    'numbers that JavaScript would round',
    '{"changes":[1.0,12345678901234567890,1e400]}',
    '[1.0,12345678901234567890,1e400]',
  ],
  ['white space around and inside', ' \r\n\t{ "changes" :\n [ 1 ,\t{ } ] \n}\n', '[ 1 ,\t{ } ]'],
  ['the last of a repeated member', '{"changes":[1],"x":{"changes":[2]},"changes":[3]}', '[3]'],
  ['a name written with escapes', '{"\\u0063hange\\u0073":[4],"\\u0063hangesx":[5],"\\u0063hange":[6]}', '[4]'],
  ['no member of a nested object', '{"x":{"changes":[1]},"y":[{"changes":[2]}],"changes":[3]}', '[3]'],
  ['no text that only looks like it', '{"a":"\\"changes\\":[1],","b":"\\\\","changes":[2]}', '[2]'],
  ['brackets and quotes in texts', '{"changes":["]}\\"[{", "\\\\"],"z":1}', '["]}\\"[{", "\\\\"]'],
  ['a primitive', '{"changes":null }', 'null'],
  ['a primitive at the end', '{"changes":-1.5e3}', '-1.5e3'],
  ['a text', '{"changes":"a,}","b":1}', '"a,}"'],
  ['text beyond the basic plane', '{"名":"😀","changes":["😀"]}', '["😀"]'],
])('%s', (_, json, expected) => {
  expect(changes(json)).toBe(expected);
  expect(JSON.parse(changes(json) ?? '')).toEqual(JSON.parse(json).changes);
});

test.each([['{}'], [' { } '], ['{"change":[1],"changess":[2]}'], ['{"a":{"changes":1}}']])(
  'is not there: %s',
  (json) => {
    expect(changes(json)).toBeUndefined();
  },
);

test('finds in any object what JSON.parse finds', () => {
  const texts = ['a', '"', '\\', '{', '}', '[', ']', ',', ':', 'changes', '\n', ' ', 'é', '😀', '\u2028'];
  let seed = 7;
  const pick = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % below;
  };
  const word = () => Array.from({ length: pick(6) }, () => texts[pick(texts.length)]).join('');
  const value = (depth: number): unknown => {
    const kind = pick(depth > 3 ? 4 : 6);
    if (kind === 4) return Array.from({ length: pick(4) }, () => value(depth + 1));
    if (kind === 5) return Object.fromEntries(Array.from({ length: pick(4) }, () => [word(), value(depth + 1)]));
    return [word(), pick(1000) / 7, null, true][kind];
  };
  for (let round = 0; round < 500; round++) {
    const object = Object.fromEntries([
      [word(), value(0)],
      ['changes', value(0)],
      [word(), value(0)],
    ]);
    const json = JSON.stringify(object, null, pick(3));
    expect(JSON.parse(changes(json) ?? 'missing')).toEqual(JSON.parse(json).changes);
  }
});

test('what it holds is counted', () => {
  expect(scan('{"a":[1,{"b":{}},[]],"b":"x"}')).toMatchObject({ names: 3, containers: 5 });
  expect(scan('7')).toMatchObject({ names: 0, containers: 0 });
});

/** Whether JSON.parse takes it. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
const isTaken = (text: string) => scanJson(text) !== 'not JSON';

test.each([
  ...['0', '-0', '01', '-', '1.', '.5', '1.5e3', '1e', '1e+', '1E-07', '+1', '0x1', '1e5.5', '--1', 'Infinity', 'NaN'],
  ...[
    'true',
    'tru',
    'truex',
    'null',
    'nul',
    'None',
    'false',
    '"',
    '"\\"',
    '"\\x"',
    '"\\u12g4"',
    '"\\u12"',
    '"a\nb"',
    '"\u007f"',
  ],
  ...[
    '"\\ud800"',
    '"\\/"',
    '[',
    ']',
    '[,]',
    '[1,]',
    '[1 2]',
    '{',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{,}',
    '{1:2}',
    "{'a':1}",
  ],
  ...[
    '[]]',
    '{}}',
    '{}{}',
    '1 1',
    '[1}',
    '{"a":1]',
    ' [ ] ',
    '\t{}\r\n',
    '\u00a0[]',
    '\ufeff[]',
    '[]\0',
    '',
    ' ',
    '//',
    '[1]x',
  ],
  ...['{"a":1 , "b" : [ true , false ] }', '"\u2028"', '{"":{"":[]}}', '[[],[[]],{}]', '{"a":{"b":1}}}'],
])('is taken as JSON.parse takes it: %j', (text) => {
  expect(isTaken(text)).toBe(isJson(text));
});

test('texts that are nearly JSON are taken as JSON.parse takes them', () => {
  let seed = 11;
  const pick = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % below;
  };
  const pieces = [...'[]{},:"\\ \n0123456789-+.eEtfnu', 'true', 'false', 'null', '"a"', '"\\u00e9"', '{"a":1}', '[1]'];
  const valid = [
    '{"a":[1,-2.5e3,"x\\n"],"b":{"c":null,"d":[true,false,{}]}}',
    '[[],[1],{"":""}]',
    '"\\"\\\\"',
    '-0.1E+5',
  ];
  const different: string[] = [];
  for (let round = 0; round < 20_000; round++) {
    let text = valid[pick(valid.length)] ?? '';
    for (let change = pick(3); change >= 0; change--) {
      const at = pick(text.length + 1);
      text = text.slice(0, at) + (pieces[pick(pieces.length)] ?? '') + text.slice(at + pick(3));
    }
    if (isTaken(text) !== isJson(text)) different.push(text);
  }
  expect(different).toEqual([]);
});
