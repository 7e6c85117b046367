import type { ApiInterface } from './route';
import { cmdb } from './routes/cmdb';
import { dataPush } from './routes/dataPush';
import { gateway } from './routes/gateway';
import { portal } from './routes/portal';
import { publishing } from './routes/publish';
import { native } from './routes/v1';

/** The ways in, one line each. Of two whose paths cover the same one, the first. */
export const INTERFACES: readonly ApiInterface[] = [cmdb, publishing, dataPush, gateway, portal, native];
