import { readFile } from 'node:fs/promises';
import { HERE } from './commands.mjs';

/** Whether node_modules holds what the lock names: npm ci would lay it anew, which takes a minute. */
export async function isInstalled() {
  try {
    const [locked, installed] = await Promise.all(
      ['package-lock.json', 'node_modules/.package-lock.json'].map(async (file) =>
        JSON.parse(await readFile(`${HERE}/${file}`, 'utf8')),
      ),
    );
    return Object.entries(locked.packages).every(
      ([path, { version, optional }]) => path === '' || optional || installed.packages[path]?.version === version,
    );
  } catch {
    return false;
  }
}
