/** @type {import('jest').Config} */
const project = (name, more = {}) => ({
  displayName: name,
  rootDir: __dirname,
  testEnvironment: 'node',
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
  ...more,
});

const servers = {
  globalSetup: '<rootDir>/test/support/globalSetup.ts',
  globalTeardown: '<rootDir>/test/support/globalTeardown.ts',
};

module.exports = {
  // Suites leave something behind in their worker, most of it native; with some gigabytes each collection takes seconds of a core.
  workerIdleMemoryLimit: '1GB',
  // A deadline for a set-up or a test without one of its own: a busy machine takes seconds to make a database.
  testTimeout: 30_000,
  maxWorkers: 2,
  projects: [project('unit'), project('replay'), project('integration', servers), project('e2e', servers)],
};
