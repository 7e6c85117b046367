import type { IncomingHttpHeaders } from 'node:http';
import { PORTAL_BUNDLES, type PortalBundle } from '../../../services/portal/owner';
import { JSON_API } from '../../portalForm';
import { ProblemError } from '../../problems';
import { UUID } from './shapes';

/** @throws ProblemError 404 for an unknown bundle, or what nobody's uuid can be. */
export function requirePath({ bundle: name, uuid }: { bundle: string; uuid?: string }): PortalBundle {
  const bundle = PORTAL_BUNDLES.find((known) => known === name);
  if (!bundle) throw new ProblemError({ status: 404, detail: `no such bundle: ${PORTAL_BUNDLES.join(' or ')}` });
  if (uuid !== undefined && !UUID.test(uuid)) throw new ProblemError({ status: 404, detail: 'no such subscription' });
  return bundle;
}

/** Of a body without any type, which `consumes` lets pass. @throws ProblemError 415. */
export function requireContentType(headers: IncomingHttpHeaders): void {
  if (headers['content-type'] === undefined) {
    throw new ProblemError({ status: 415, detail: `Content-Type must be ${JSON_API}` });
  }
}

/** What stands in `data` about the resource itself, where it can contradict the path. */
export interface Identity {
  type: string;
  id?: string;
  attributes?: { uuid?: string };
}

/**
 * @param uuid of the path, where it has one.
 * @throws ProblemError 409 for another type or id than the path's, or two uuids, as JSON:API demands.
 */
export function requireIdentity(
  { type, id, attributes = {} }: Identity,
  { bundle, uuid = id }: { bundle: PortalBundle; uuid?: string },
): void {
  const faults = [
    type !== bundle &&
      type !== `subscription--${bundle}` && { field: 'type', message: `must be subscription--${bundle}` },
    id !== undefined && id !== uuid && { field: 'id', message: 'must be the uuid in the path' },
    attributes.uuid !== undefined &&
      uuid !== undefined &&
      attributes.uuid !== uuid && { field: 'attributes.uuid', message: 'must be the id' },
  ].flatMap((fault) => (fault ? [{ ...fault, field: `data.${fault.field}` }] : []));
  if (faults.length > 0) {
    throw new ProblemError({ status: 409, detail: 'the resource is not the one of the path', errors: faults });
  }
}
