import type { Applied } from './books';

/** The database's schema is of a release that this program does not fit. */
export class SchemaTooNew extends Error {
  constructor(input: { own: string; newest: string; found: Applied }) {
    const { own, newest, found } = input;
    super(
      `this is Postrider ${own}, which knows the schema up to ${newest}, but Postrider ${found.release ?? 'of an unknown release'} ` +
        `has taken the database to ${found.name}` +
        (found.runsFrom === null
          ? ', and nothing says that older programs still work on it: start that release.'
          : `, which needs a program that knows at least ${found.runsFrom}: start a newer release.`),
    );
    this.name = 'SchemaTooNew';
  }
}

/** MIGRATE=off, and the schema is of an older release. */
export class SchemaTooOld extends Error {
  constructor({ own, lacking }: { own: string; lacking: readonly string[] }) {
    super(
      `the database lacks ${lacking.length} of the migrations of Postrider ${own}, ${lacking[0]} first, and MIGRATE is off: ` +
        'run `npm run migrate` (in the image `node dist/src/main.js migrate`) of this release, and start again.',
    );
    this.name = 'SchemaTooOld';
  }
}

/**
 * Whether a program works on what newer ones have made of the schema: each migration that it does not know says from which
 * one on it must know them.
 *
 * @param known names of the program's own migrations, the newest last.
 * @throws SchemaTooNew
 */
export function checkNotTooNew(applied: readonly Applied[], { known, own }: { known: readonly string[]; own: string }) {
  const unfit = applied
    .filter(({ name }) => !known.includes(name))
    .filter(({ runsFrom }) => runsFrom === null || !known.includes(runsFrom))
    .sort((a, b) => (a.name < b.name ? 1 : -1))[0];
  if (unfit) throw new SchemaTooNew({ own, newest: known.at(-1) ?? 'none', found: unfit });
}
