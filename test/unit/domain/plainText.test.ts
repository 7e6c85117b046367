import { plainText } from '../../../src/domain/plainText';

test.each([
  ['gs to 127.0.0.1:8080 for acme', 'gs to 127.0.0.1:8080 for acme'],
  ['MOZI_BUC_ACCOUNT_MODIFY_REALM', 'MOZI_BUC_ACCOUNT_MODIFY_REALM'],
  ['[click](x)', '\\[click\\]\\(x\\)'],
  ['![pixel](x)', '\\!\\[pixel\\]\\(x\\)'],
  ['<img src=x>', '\\<img src=x\\>'],
  ['**bold** `code` ~~gone~~', '\\*\\*bold\\*\\* \\`code\\` \\~\\~gone\\~\\~'],
  ['see https://evil.example', 'see https:/\\/evil.example'],
  ['see www.evil.example', 'see www\\.evil.example'],
  ['one\r\n# two\u2028three\u0000', 'one \\# two three '],
])('%j is shown as it is: %j', (text, shown) => {
  expect(plainText(text)).toBe(shown);
});
