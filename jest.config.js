/** @type {import('jest').Config} */
const project = (name, more = {}) => ({
  displayName: name,
  rootDir: __dirname,
  testEnvironment: 'node',
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  // ignoreDynamic keeps import() as it is: the embedded PostgreSQL's binaries package is ESM only.
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs', ignoreDynamic: true } }] },
  ...more,
});

const servers = { globalSetup: '<rootDir>/test/support/globalSetup.ts', globalTeardown: '<rootDir>/test/support/globalTeardown.ts' };

module.exports = {
  maxWorkers: 2,
  projects: [project('unit'), project('replay'), project('integration', servers), project('e2e', servers)],
};
