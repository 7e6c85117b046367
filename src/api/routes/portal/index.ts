import { problemForm } from '../../errorForm';
import type { ApiInterface } from '../../route';

export const portal: ApiInterface = { routes: [], paths: /^\/portal(\/|$)/, form: problemForm };
