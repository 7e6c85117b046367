import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { must } from '../support/api';
import { createTestDatabase } from '../support/postgres';
import { externalServers, newDataDir, type Product, startProduct } from '../support/product';
import { takeNamespace } from '../support/temporal';

jest.setTimeout(60_000);

const DEMO = join(__dirname, '..', '..', 'dist', 'demo', 'main.js');

function linesOf(text: string, beginning: RegExp): string[] {
  return text.split('\n').filter((line) => line.search(beginning) === 0);
}

function runDemo(args: string[]): Promise<{ code: number | null; output: string }> {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [DEMO, ...args], { env: { PATH, HOME, DATA_DIR: newDataDir() } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

describe('beside a Postrider with everything embedded', () => {
  let product: Product;

  beforeAll(async () => {
    product = await startProduct();
  });

  afterAll(() => product?.stop());

  /** Whether the embedded Temporal has the workflow. */
  async function describeWorkflow(workflowId: string): Promise<string> {
    const ports: { frontend: number } = JSON.parse(
      readFileSync(join(product.dataDir, 'temporal', 'ports.json'), 'utf8'),
    );
    const connection = await Connection.connect({ address: `127.0.0.1:${ports.frontend}` });
    try {
      return (await new Client({ connection }).workflow.getHandle(workflowId).describe()).workflowId;
    } finally {
      await connection.close();
    }
  }

  test.each(['the first time', 'once more'])('every delivery is shown with its verified signature: %s', async () => {
    const { code, output } = await runDemo(['--url', product.url, '--data-dir', product.dataDir]);
    expect({ code, output }).toMatchObject({ code: 0 });
    const [examples = '', pushTask = '', interfaces = ''] = output.split(/(?=^Data push|^Three more)/m);
    expect(examples.match(/^ {2}✓ .* v1,\S+… verified$/gm)).toHaveLength(36);
    expect(examples.match(/^ {2}↻ .* verified {2}answered 503$/gm)).toHaveLength(1);
    expect(examples).toMatch(/^36 of 36 delivered in \d+\.\d s, each with a verified signature$/m);

    expect(linesOf(pushTask, / {2}(?:✓|↻|push task|publish|release|activate)/)).toEqual([
      expect.stringMatching(/publish +3 events/),
      expect.stringMatching(/push task +awaiting_history, 3 wait; 0 have arrived$/),
      expect.stringMatching(/release +POST \/topics\/historyProcessed$/),
      expect.stringMatching(/✓ product created .* verified$/),
      expect.stringMatching(/✓ product priced .* verified$/),
      expect.stringMatching(/✓ product on sale .* verified$/),
      expect.stringMatching(/publish +3 events/),
      expect.stringMatching(/↻ product reduced .* verified {2}answered 410$/),
      expect.stringMatching(/push task +stopped \(gone\), 3 wait$/),
      expect.stringMatching(/activate +POST \/topics\/activate/),
      expect.stringMatching(/✓ product reduced .* verified$/),
      expect.stringMatching(/✓ product sold out .* verified$/),
      expect.stringMatching(/✓ product back in stock .* verified$/),
      expect.stringMatching(/push task +idle, 0 wait$/),
    ]);
    expect(pushTask).toMatch(
      /^6 of 6 pushed, in the order in which they were accepted, each with a verified signature$/m,
    );

    expect(linesOf(interfaces, / {2}[✓↻✗]/)).toEqual([
      expect.stringMatching(/✓ hostcreate +CMDB, host .* verified$/),
      expect.stringMatching(/✓ frozen +gateway, MOZI_BUC_ACCOUNT\S* .* verified$/),
      expect.stringMatching(/✓ update of releases, for ada, grace +portal, type 9999 .* verified$/),
    ]);
    expect(interfaces).toMatch(/^3 of 3 arrived, each in its interface's own form, with a verified signature$/m);

    for (const story of [examples, pushTask]) {
      const link = /in Temporal +(http:\S+)$/m.exec(story)?.[1] ?? '';
      expect(product.stderr()).toContain(new URL(link).origin);
      const workflowId = decodeURIComponent(link.split('/').at(-1) ?? '');
      expect(await describeWorkflow(workflowId)).toBe(workflowId);
    }
  });

  test('nothing is left that goes on working: no subscription but to nothing, no key', async () => {
    const operator = { url: product.url, key: product.operatorKey };
    const subscriptions = (await must(operator, 'GET', '/v1/subscriptions')).data;
    expect(subscriptions).toMatchObject([{ interface: 'data-push', topics: ['demo-nothing'] }]);
    expect((await must(operator, 'GET', '/v1/deliveries?state=pending')).data).toEqual([]);
    const keys: { revokedAt: string | null; tenantId: string | null }[] = (await must(operator, 'GET', '/v1/keys'))
      .data;
    expect(keys.filter(({ revokedAt, tenantId }) => tenantId !== null && revokedAt === null)).toEqual([]);
  });

  test('without an operator key it says so', async () => {
    const { code, output } = await runDemo(['--url', product.url]);
    expect(code).toBe(1);
    expect(output).toMatch(/^There is no operator key in .*Start Postrider first/);
  });
});

test('where none runs it says so', async () => {
  const database = await createTestDatabase();
  const env = externalServers({ databaseUrl: database.url, namespace: takeNamespace() });
  const { url, dataDir, stop } = await startProduct({ env });
  await stop();
  await database.drop();
  const { code, output } = await runDemo(['--url', url, '--data-dir', dataDir]);
  expect(code).toBe(1);
  expect(output).toBe(
    `No Postrider answers at ${url} (connect ECONNREFUSED ${new URL(url).host}). ` +
      'Start one with npm start in another terminal, or name it with --url.\n',
  );
});

test('where callbacks may not reach this machine it says so, and ends', async () => {
  const database = await createTestDatabase();
  const env = { ...externalServers({ databaseUrl: database.url, namespace: takeNamespace() }), EGRESS_ALLOW: '' };
  const product = await startProduct({ env });
  const { code, output } = await runDemo(['--url', product.url, '--data-dir', product.dataDir]);
  expect(code).toBe(1);
  expect(output).toMatch(/127\.0\.0\.1.*EGRESS_ALLOW/);
  await product.stop();
  await database.drop();
});
