import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { testServers } from './servers';

/** Made when the dev server starts, which is quicker than registering one per test file and waiting for it to spread. */
export const TEST_NAMESPACES = Array.from({ length: 150 }, (_, index) => `t${index + 1}`);

/** A Temporal namespace that no other test file of this run has. */
export function takeNamespace(): string {
  const { runDir } = testServers();
  for (const namespace of TEST_NAMESPACES) {
    if (createExclusively(join(runDir, `namespace-${namespace}`))) return namespace;
  }
  throw new Error(`all ${TEST_NAMESPACES.length} test namespaces are taken: raise their number in this file`);
}

function createExclusively(file: string): boolean {
  try {
    closeSync(openSync(file, 'wx'));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

export function temporalAddress(): string {
  return testServers().temporalAddress;
}

export function testServerPath(): string {
  return testServers().testServerPath;
}

/** A server that skips the time in which every workflow only waits; the caller tears it down. */
export function startTimeSkippingServer(): Promise<TestWorkflowEnvironment> {
  return TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: testServerPath() } },
  });
}

/** A dev server that suggests to continue as new after so many events (4,096 elsewhere); the caller tears it down. */
export function startServerOfShortHistories(eventCount: number): Promise<TestWorkflowEnvironment> {
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: testServers().cliPath },
      extraArgs: [
        ...['--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${eventCount}`],
        ...['--output', 'none'],
      ],
      log: { format: 'pretty', level: 'error' },
    },
  });
}
