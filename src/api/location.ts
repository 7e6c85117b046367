import type { OutgoingHttpHeaders } from 'node:http';

/** For the document. */
export const LOCATION_SAYS = { Location: 'Path of what was made.' };

/** `Location` of what a call has made. @param segments of its path, as they are before they are encoded. */
export function locationOf(...segments: readonly (string | number)[]): OutgoingHttpHeaders {
  return { location: `/${segments.map((segment) => encodeURIComponent(segment)).join('/')}` };
}
