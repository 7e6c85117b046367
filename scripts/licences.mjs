// node scripts/licences.mjs: writes docs/licences.md anew, out of the lock file. A unit test compares the two.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from './common.mjs';

/** Packages whose entry in the registry names no licence; what the files in them say. */
const READ_IN_THE_PACKAGE = { unionfs: 'Unlicense' };

const HEAD = `# Licences of what Postrider is built with

Postrider itself is under the Apache License 2.0 (LICENSE, NOTICE). These packages of \`package-lock.json\` run with it; those
that only its tests and its build need are left out. \`node scripts/licences.mjs\` writes this list anew.
`;

/** @returns the document, for a parsed package-lock.json. */
export function licencesOf({ packages }) {
  const rows = new Map();
  for (const [path, { version, license, dev, devOptional, optional, link }] of Object.entries(packages)) {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    if (path === '' || dev || devOptional || link) continue;
    const licence = license ?? READ_IN_THE_PACKAGE[name] ?? licenceOfFamily(packages, path);
    if (!licence) throw new Error(`${name} ${version} names no licence: read it, and add it to scripts/licences.mjs`);
    rows.set(`${name} ${version}`, `| ${name} | ${version} | ${licence} | ${optional ? 'optional' : ''} |`);
  }
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  return `${HEAD}\n| package | version | licence | |\n| --- | --- | --- | --- |\n${sorted.join('\n')}\n`;
}

/** Of a package for one platform: that of the package whose part it is, as @swc/core-darwin-x64 is of @swc/core. */
function licenceOfFamily(packages, path) {
  const family = Object.keys(packages).find((other) => other !== path && path.startsWith(`${other}-`));
  return family && packages[family].license;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  writeFileSync(join(ROOT, 'docs', 'licences.md'), licencesOf(lock));
}
