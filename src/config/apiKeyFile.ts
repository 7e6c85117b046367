import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** A key in a file of its own, as secrets are mounted; white space around it does not count. */
export interface KeyInFile {
  file: string;
  /** As it was at the start. */
  key: string;
}

/** @throws with a sentence, when there is none. */
export function readKeyAtStart(file: string): KeyInFile {
  return { file, key: keyIn(readFileSync(file, 'utf8')) };
}

/** @throws when there is none. */
export async function readApiKey(file: string): Promise<string> {
  return keyIn(await readFile(file, 'utf8'));
}

function keyIn(text: string): string {
  const key = text.trim();
  if (key === '') throw new Error('the file of TEMPORAL_API_KEY_FILE is empty');
  return key;
}
