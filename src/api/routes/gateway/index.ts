import { problemForm } from '../../errorForm';
import type { ApiInterface } from '../../route';

export const gateway: ApiInterface = { routes: [], paths: /^\/gateway(\/|$)/, form: problemForm };
