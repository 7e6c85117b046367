import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Journal } from '../../../faults/journal/journal';

test('what comes after the end of a case, whose load goes on when it throws, is dropped and fails nobody', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'journal-')), 'journal.jsonl');
  const journal = await Journal.open({ name: 'thrown', path });
  const before = journal.append({ kind: 'fault', what: 'before' });
  const closed = journal.close();
  const meanwhile = journal.append({ kind: 'fault', what: 'meanwhile' });
  await Promise.all([before, closed, meanwhile]);
  await journal.append({ kind: 'fault', what: 'after' });
  const lines = (await readFile(path, 'utf8')).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).what)).toEqual(['before', 'the end of the journal']);
  expect(journal.entries).toHaveLength(2);
});
