import type { Route } from '../../route';
import { livez } from './livez';

/** Its older name, for probes that use it. */
export const healthz: Route = {
  ...livez,
  operationId: 'healthz',
  path: '/healthz',
  summary: 'The same as /livez',
  description: 'The older name of /livez, for probes that use it.',
};
