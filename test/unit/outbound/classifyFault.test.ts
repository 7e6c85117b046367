import { CallFault, classifyFault } from '../../../src/outbound/classifyFault';

const errorOf = (code: string, message = 'as it was') => Object.assign(new Error(message), { code });

test.each([
  ['ECONNREFUSED', 'refused'],
  ['EMFILE', 'unsent'],
  ['ENFILE', 'unsent'],
  ['ENOBUFS', 'unsent'],
  ['ENOMEM', 'unsent'],
  ['EHOSTUNREACH', 'refused'],
  ['ENETUNREACH', 'refused'],
  ['ETIMEDOUT', 'timeout'],
  ['ECONNRESET', 'reset'],
  ['EPIPE', 'reset'],
  ['UND_ERR_SOCKET', 'reset'],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'reset'],
  ['UND_ERR_REQ_CONTENT_LENGTH_MISMATCH', 'protocol'],
  ['UND_ERR_INVALID_ARG', 'protocol'],
  ['UND_ERR_HEADERS_OVERFLOW', 'too_large'],
  ['WHAT_IS_THIS', 'reset'],
])('%s is %s', (code, fault) => {
  expect(classifyFault(errorOf(code))).toMatchObject({ fault, message: expect.stringMatching(/\w/) });
});

test('the attempts on several addresses of a name count by the first', () => {
  const error = Object.assign(new AggregateError([errorOf('ECONNREFUSED')]), { code: 'ECONNREFUSED' });
  expect(classifyFault(error)).toEqual({ fault: 'refused', message: 'connection refused (ECONNREFUSED)' });
});

test('what a certificate says is one bounded line without control characters', () => {
  const { message } = classifyFault(new CallFault('tls', `names: a\u0000b\r\nc\u001b[31m${'x'.repeat(5_000)}`));
  expect(message).toMatch(/^names: a b c \[31mx+$/);
  expect(message.length).toBeLessThanOrEqual(300);
});
