import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import type { FairSlots } from '../domain/fairness/fairSlots';
import type { Caller } from '../services/caller';
import { readBytes, textOf } from './body';
import { inflaterOf } from './inflate';
import { parseJson, readMembers } from './json/readJson';
import { type ParseTurns, SMALL_BODY_BYTES } from './parseTurns';
import { ProblemError } from './problems';
import type { RateLimit } from './rateLimit';
import { bodyLimitBytes, isBodyOptional, type Route } from './route';

export interface BodyDeps {
  maxEventBytes: number;
  /** Bytes of bodies a second and key. */
  byteLimit: RateLimit;
  parseTurns: ParseTurns;
  inflateSlots: FairSlots;
}

export interface RequestBody {
  raw: string;
  /** For the route's schema to validate. */
  value: unknown;
  /** The text of each member, as it came, if the route takes its body `asText`. */
  texts: ReadonlyMap<string, string>;
  /** How many names, lists and objects the body holds, if the route takes it `asText`. */
  size: number;
}

const NO_TEXTS: ReadonlyMap<string, string> = new Map();
const NO_BODY: RequestBody = { raw: '', value: undefined, texts: NO_TEXTS, size: 0 };

/** Reads a call's body, at the cost of its key, and in turn when it is large. */
export function createBodyReader(route: Route, { maxEventBytes, byteLimit, parseTurns, inflateSlots }: BodyDeps) {
  const limitBytes = bodyLimitBytes(route, maxEventBytes);
  const isOptional = isBodyOptional(route);
  const wanted = route.asText && route.body instanceof z.ZodObject ? Object.keys(route.body.shape) : undefined;

  /** @throws ProblemError 400, 413, 415; 429 when the key has sent more bytes than it may; CallerGone. */
  return async (request: IncomingMessage, { keyId, tenantId }: Caller): Promise<RequestBody> => {
    if (!route.body) return NO_BODY;
    const pay = (bytes: number) => {
      const waitS = byteLimit.take(keyId, bytes);
      if (waitS > 0)
        throw new ProblemError({ status: 429, detail: 'too many bytes with this key', retryAfterS: waitS });
    };
    const inflate = inflaterOf(request.headers['content-encoding']);
    const bytes = await readBytes(request, { limitBytes, pay });
    const share = { tenantId: tenantId ?? '', flow: keyId };
    const raw = textOf(inflate ? await inflate(bytes, { limitBytes, pay, slots: inflateSlots, share }) : bytes);
    if (raw === '' && isOptional) return NO_BODY;
    if (raw.length > SMALL_BODY_BYTES) await parseTurns.take({ tenantId, keyId, bytes: raw.length });
    if (!wanted) return { raw, value: parseJson(raw), texts: NO_TEXTS, size: 0 };
    const { body, texts, size } = readMembers(raw, wanted);
    return { raw, value: body, texts, size };
  };
}
