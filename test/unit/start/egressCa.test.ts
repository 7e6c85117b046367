import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEgressCa } from '../../../src/start/egressCa';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'postrider-ca-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

function file(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

test('without a file nothing is trusted beside what Node trusts', async () => {
  expect(await readEgressCa([])).toBeUndefined();
});

test('the files are read as they are, also one that holds several certificates', async () => {
  const files = [file('one.pem', PEM), file('bundle.pem', `# A comment.\n${PEM}${PEM}`)];
  expect(await readEgressCa(files)).toEqual([PEM, `# A comment.\n${PEM}${PEM}`]);
});

test('a file that is not there, or none that can be read, stops the start with its name', async () => {
  const missing = join(dir, 'missing.pem');
  await expect(readEgressCa([file('one.pem', PEM), missing])).rejects.toThrow(`cannot be read: ${missing} (ENOENT)`);
  await expect(readEgressCa([dir])).rejects.toThrow(`cannot be read: ${dir} (EISDIR)`);
});

test.each([
  ['is empty', ''],
  ['holds a key', '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n'],
  ['holds a certificate in DER', '0\u0082\u0001\n'],
])('a file that %s is no file of certificates', async (_, text) => {
  const path = file('other.pem', text);
  await expect(readEgressCa([path])).rejects.toThrow(`${path} holds no certificate in PEM`);
});
