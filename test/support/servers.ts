import { readFileSync } from 'node:fs';

/** What globalSetup has started, for every test file. */
export interface TestServers {
  /** Removed when jest ends; what tests write belongs below it. */
  runDir: string;
  /** Superuser's, database `postrider`. */
  adminUrl: string;
  temporalAddress: string;
  temporalUiUrl: string | null;
  cliPath: string;
  testServerPath: string;
}

export const TEST_SERVERS_VARIABLE = 'POSTRIDER_TEST_SERVERS';

export function testServers(): TestServers {
  const file = process.env[TEST_SERVERS_VARIABLE];
  if (!file) throw new Error(`${TEST_SERVERS_VARIABLE} is not set: this test needs the project's globalSetup`);
  return JSON.parse(readFileSync(file, 'utf8'));
}
