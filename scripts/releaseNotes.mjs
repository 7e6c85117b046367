// node scripts/releaseNotes.mjs <version>: prints what CHANGELOG.md says of that version. It fails where the version is
// not the one of package.json and of the Helm chart, or the changelog does not say how to upgrade to it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, ROOT } from './common.mjs';

const read = (file) => readFileSync(join(ROOT, file), 'utf8');

const [version] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+$/.test(version ?? '')) fail('usage: node scripts/releaseNotes.mjs <version>');
const found = {
  'package.json': JSON.parse(read('package.json')).version,
  'appVersion of deploy/helm/postrider/Chart.yaml': /^appVersion: (\S+)$/m.exec(
    read('deploy/helm/postrider/Chart.yaml'),
  )?.[1],
};
for (const [where, other] of Object.entries(found))
  if (other !== version) fail(`${where} says ${other}, not ${version}.`);

const sections = read('CHANGELOG.md').split(/^## /m);
const section = sections.find((text) => text.startsWith(`${version}\n`) || text.startsWith(`${version} `));
if (!section) fail(`CHANGELOG.md has no section ${version}.`);
if (!/^### Upgrading/m.test(section))
  fail(`CHANGELOG.md does not say how to upgrade to ${version}: "### Upgrading …".`);
process.stdout.write(section.slice(section.indexOf('\n')).trim());
process.stdout.write('\n');
