import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { Caller } from '../services/caller';
import type { CursorKey, Page, PageRequest } from '../services/page';
import { ProblemError } from './problems';
import type { Route } from './route';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ALGORITHM = 'aes-256-gcm';
/** Two texts of 128 bytes, sealed and in base64, have some 450 characters. */
const MAX_LENGTH = 1024;

/**
 * The parameter as it comes. What is in it can be another tenant's id (a producer pages through deliveries to everybody), so
 * it is sealed, and is for the route and the caller it was given to.
 */
export const cursor = z
  .string()
  .max(MAX_LENGTH, { error: 'is not a nextCursor of this list', abort: true })
  .optional()
  .meta({ description: '`nextCursor` of the page before, read with the same key. Without one, the first page.' });

/** Encrypts and authenticates cursors. `context` is bound to a cursor: opened with another one, it is none. */
export interface CursorSeal {
  seal(text: string, context: string): string;
  /** @returns undefined for what was not sealed by this key and with this context. */
  open(sealed: string, context: string): string | undefined;
}

/** The key is derived from the installation's, so every process opens what another one has sealed, also after a restart. */
export function createCursorSeal(secretsKey: Buffer): CursorSeal {
  const key = Buffer.from(hkdfSync('sha256', secretsKey, '', 'postrider cursors', KEY_BYTES));
  return {
    seal(text, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(context));
      const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]).toString('base64url');
    },
    open(sealed, context) {
      const bytes = Buffer.from(sealed, 'base64url');
      if (bytes.length <= NONCE_BYTES + TAG_BYTES) return undefined;
      const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      try {
        const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8');
        return text + decipher.final('utf8');
      } catch {
        return undefined;
      }
    },
  };
}

export interface CursorsOptions {
  seal: CursorSeal;
  route: Pick<Route, 'method' | 'path'>;
  caller: Caller;
  /** The path's parameters. */
  params: unknown;
}

/** The cursors of one list for one caller: keys that see the same (of one app, user and roles) can exchange them. */
export class Cursors {
  constructor(private readonly options: CursorsOptions) {}

  /** @param key of the list. @throws ProblemError 400 for what is no cursor of this list for this caller. */
  request<Key>({ cursor: given, limit }: { cursor?: string; limit: number }, key: z.ZodType<Key>): PageRequest<Key> {
    if (given === undefined) return { after: null, limit };
    const text = this.options.seal.open(given, this.context);
    const opened = key.safeParse(text === undefined ? undefined : JSON.parse(text));
    if (opened.success) return { after: opened.data, limit };
    const fault = { field: 'cursor', message: 'is not a nextCursor of this list' };
    throw new ProblemError({ status: 400, detail: `${fault.field}: ${fault.message}`, errors: [fault] });
  }

  /** The page as it is answered. */
  answer<Item>({ data, nextKey }: Page<Item>): { data: Item[]; nextCursor: string | null } {
    return { data, nextCursor: this.seal(nextKey) };
  }

  /** @param key of the last item on the page; null on the last page. */
  seal(key: CursorKey | null): string | null {
    return key === null ? null : this.options.seal.seal(JSON.stringify(key), this.context);
  }

  private get context(): string {
    const { route, caller, params } = this.options;
    const { tenantId, appId, subject, roles } = caller;
    return JSON.stringify([route.method, route.path, params, tenantId, appId, subject, [...roles].sort()]);
  }
}
