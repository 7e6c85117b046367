import { readFileSync, statSync } from 'node:fs';
import { rememberedFor } from './rememberedFor';

/** A look-up sees a change of the file after so long at most. */
const LOOK_EVERY_MS = 1_000;

/**
 * What is in a small file, read again when the file has changed. A file that cannot be read counts as empty.
 *
 * It is read synchronously: these files are small, and the asynchronous calls would need libuv's threads.
 */
export function rememberedFile<T>(path: string, parse: (text: string) => T): () => T {
  let stamp = '';
  let content = parse('');
  return rememberedFor(LOOK_EVERY_MS, () => {
    const found = stampOf(path);
    if (found !== stamp) content = parse(textOf(path));
    stamp = found;
    return content;
  });
}

/** Changes with every write, and when another file takes its place, as Docker and Kubernetes do it. */
function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat ? `${stat.ino} ${stat.size} ${stat.mtimeNs}` : '';
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
