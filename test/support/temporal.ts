import { TestWorkflowEnvironment } from '@temporalio/testing';
import { takeReadyNamespace } from './namespaces';
import { testServers } from './servers';

/** A Temporal namespace that no other test file of this run has. */
export function takeNamespace(): string {
  return takeReadyNamespace(testServers().runDir);
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
