import { readFile } from 'node:fs/promises';

/** The authorities in these files, as PEM. @throws with a sentence that names the file which is none. */
export async function readEgressCa(files: string[]): Promise<string[] | undefined> {
  if (files.length === 0) return undefined;
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(file, 'utf8').catch(({ code }: NodeJS.ErrnoException) => {
        throw new Error(`the certificates of EGRESS_CA_FILE or NODE_EXTRA_CA_CERTS cannot be read: ${file} (${code})`);
      });
      if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new Error(`${file} holds no certificate in PEM`);
      return text;
    }),
  );
}
