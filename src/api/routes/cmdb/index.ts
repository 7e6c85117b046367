import { problemForm } from '../../errorForm';
import type { ApiInterface } from '../../route';

export const cmdb: ApiInterface = { routes: [], paths: /^\/api\/v\d+\/event(\/|$)/, form: problemForm };
