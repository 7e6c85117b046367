import { gatewayForm } from '../../gatewayForm';
import type { ApiInterface } from '../../route';
import { changeCallback } from './changeCallback';
import { deleteCallback } from './deleteCallback';
import { listCallbacks } from './listCallbacks';
import { listEventTags } from './listEventTags';
import { listFailedMessages } from './listFailedMessages';
import { redeliverMessages } from './redeliverMessages';
import { registerCallbacks } from './registerCallbacks';

/** Gateway messages. */
export const gateway: ApiInterface = {
  routes: [
    registerCallbacks,
    listCallbacks,
    changeCallback,
    deleteCallback,
    listFailedMessages,
    redeliverMessages,
    listEventTags,
  ],
  paths: /^\/gateway(\/|$)/,
  form: gatewayForm,
};
