import { publishForm } from '../../errorForm';
import type { ApiInterface } from '../../route';
import { publish } from './publish';

/** Producers' way in. */
export const publishing: ApiInterface = { routes: [publish], paths: /^\/api(\/|$)/, form: publishForm };
