/**
 * Somebody's part of something shared is in use, and too many wait for it already (`too_many`), or the wait took too long
 * (`too_long`). Others have their parts still.
 */
export class ShareExhausted extends Error {
  constructor(
    readonly because: 'too_many' | 'too_long',
    /** What is shared, in words that complete "wait for …". */
    what: string,
  ) {
    super(because === 'too_many' ? `too many calls wait for ${what}` : `waited too long for ${what}`);
    this.name = 'ShareExhausted';
  }
}
