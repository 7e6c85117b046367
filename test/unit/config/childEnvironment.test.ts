import { downloadEnvironment, goServerEnvironment, programEnvironment } from '../../../src/config/childEnvironment';

const SECRET = 'hunter2';
const OURS = ['OPERATOR_KEY', 'SECRETS_KEY', 'DATABASE_URL', 'TEMPORAL_API_KEY', 'PGPASSWORD', 'AWS_SECRET_ACCESS_KEY'];
const before = { ...process.env };
beforeEach(() => {
  for (const name of OURS) process.env[name] = SECRET;
  Object.assign(process.env, { HTTPS_PROXY: 'http://proxy', GOGC: '100', PIP_INDEX_URL: 'https://index', TZ: 'UTC' });
});
afterEach(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
});

test.each([
  ['a program', programEnvironment, ['TZ'], ['HTTPS_PROXY', 'GOGC', 'PIP_INDEX_URL']],
  ['the Temporal server', goServerEnvironment, ['TZ', 'GOGC'], ['HTTPS_PROXY', 'PIP_INDEX_URL']],
  ['a download', downloadEnvironment, ['TZ', 'HTTPS_PROXY', 'PIP_INDEX_URL'], ['GOGC']],
])('%s gets what it needs, and no secret', (_, environment, needed, left) => {
  const given = environment();
  expect(Object.keys(given)).toEqual(expect.arrayContaining(['PATH', ...needed]));
  for (const name of [...left, ...OURS]) expect(given).not.toHaveProperty(name);
  expect(JSON.stringify(given)).not.toContain(SECRET);
});
