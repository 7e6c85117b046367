import { cmdbForm } from '../../cmdbForm';
import type { ApiInterface } from '../../route';
import { modify } from './modify';
import { ping } from './ping';
import { search } from './search';
import { subscribe } from './subscribe';
import { telnet } from './telnet';
import { unsubscribe } from './unsubscribe';

/** CMDB event subscription. `search` goes before the paths that begin with an account, for which it would be taken. */
export const cmdb: ApiInterface = {
  routes: [search, ping, telnet, subscribe, modify, unsubscribe],
  paths: /^\/api\/v\d+\/event(\/|$)/,
  form: cmdbForm(),
};
