import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode, Runtime, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import * as workflows from '../../workflows';

jest.setTimeout(60_000);

/**
 * Exported from real runs, each named by its scenario and the version that wrote it. New ones:
 * `RECORD_HISTORIES=1 npm test -- --testPathPatterns engine/histories`; those of released versions stay as they are.
 */
const HISTORIES = join(__dirname, 'histories');
const files = readdirSync(HISTORIES).filter((file) => file.endsWith('.json'));
const read = (file: string) => JSON.parse(readFileSync(join(HISTORIES, file), 'utf8'));

let logger: Runtime['logger'];

beforeAll(() => {
  const nothing = () => undefined;
  logger = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
  Runtime.install({ shutdownSignals: [], logger, telemetryOptions: { logging: { filter: 'OFF', forward: {} } } });
});

// One that no worker has used keeps the process alive.
afterAll(() => Runtime.instance().shutdown());

const bundle = (workflowsPath: string): Promise<WorkflowBundleWithSourceMap> =>
  bundleWorkflowCode({ workflowsPath, logger });

describe('the workflows of today', () => {
  let workflowBundle: WorkflowBundleWithSourceMap;
  beforeAll(async () => {
    workflowBundle = await bundle(join(__dirname, '..', '..', 'workflows', 'index.ts'));
  });

  test.each(files)('replay %s', async (file) => {
    await Worker.runReplayHistory({ workflowBundle }, read(file));
  });

  test('every workflow has a saved history', () => {
    const recorded = new Set(
      files.map((file) => read(file).events[0].workflowExecutionStartedEventAttributes.workflowType.name),
    );
    expect([...recorded].sort()).toEqual(Object.keys(workflows).sort());
  });
});

test.each(['changedAtTheStart', 'changedAtTheEnd'])(
  'workflows that are %s are caught by every history',
  async (module) => {
    const workflowBundle = await bundle(join(__dirname, `${module}.ts`));
    for (const file of files) {
      await expect(Worker.runReplayHistory({ workflowBundle }, read(file))).rejects.toMatchObject({
        name: 'DeterminismViolationError',
      });
    }
  },
);
