import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { readApiKey } from '../../../src/config/apiKeyFile';
import { rereadFiles } from '../../../src/start/rereadFiles';
import { Stopper } from '../../../src/start/stopper';

const log = pino({ level: 'silent' });
let dir: string;
let stopper: Stopper;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'postrider-reread-'));
  stopper = new Stopper({ graceMs: 1000 });
});
afterEach(async () => {
  await stopper.stopAll(log);
  rmSync(dir, { recursive: true, force: true });
});

/** As Kubernetes does: the folder is a link, and the link is swapped. */
function mount(name: string, key: string): void {
  const version = mkdtempSync(join(dir, `${name}-`));
  writeFileSync(join(version, 'key'), `${key}\n`);
  symlinkSync(version, join(dir, `${name}.new`));
  renameSync(join(dir, `${name}.new`), join(dir, name));
}

test('a key whose folder was swapped is applied once; one that is empty is not, and the next one is again', async () => {
  mount('secret', 'first');
  const file = join(dir, 'secret', 'key');
  const applied: string[] = [];
  let told = () => {};
  const next = () =>
    new Promise<void>((resolve) => {
      told = resolve;
    });
  let reads = 0;
  rereadFiles(
    {
      name: 'test',
      known: 'first',
      everyMs: 5,
      read: () => {
        reads++;
        return readApiKey(file);
      },
      apply: (key) => {
        applied.push(key);
        told();
      },
    },
    { log, stopper },
  );
  const second = next();
  mount('secret', 'second');
  await second;
  mount('secret', '');
  for (const from = reads; reads < from + 3; ) await new Promise((resolve) => setTimeout(resolve, 5));
  const third = next();
  mount('secret', 'third');
  await third;
  expect(applied).toEqual(['second', 'third']);
});
