import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { type AppId, lockApp } from '../../db/apps';
import { audit } from '../../db/audit';
import { makeOnce } from '../../db/makeOnce';
import { findRegistration, listPushTasks, numberOfApp } from '../../db/registrations';
import { appRow, steerInTurn } from '../../db/rowTurns';
import { actingApp } from '../access';
import { auditedSettings } from '../auditedSettings';
import { requireCallbackUrl } from '../callbackCheck';
import type { Caller } from '../caller';
import { notFound } from '../errors';
import { requireTopics } from '../subscriptions/topics';
import { writeChange, writeNew } from '../subscriptions/writes';
import type { DataPushDeps } from './deps';

export interface Registration {
  caller: Caller;
  app: AppId;
  webhookUrl: string;
  /** Empty: those subscribed before stay. */
  topicList: readonly string[];
}

export interface Registered {
  appRegisterId: number;
  /** One for each topic subscribed now, in the order in which they were named. */
  topicHistoryStatusList: { topic: string; historyStatus: boolean }[];
}

/** `maxInFlight` is shared by the push tasks, of which each makes one attempt at a time. */
const POLICY = { timeoutMs: 15_000, retry: 'push', maxInFlight: 100, ordered: true, historyRequired: true } as const;

/**
 * The app's one registration: made, or overwritten. A topic that stays keeps its push task as it stands; what is
 * undelivered of one that is dropped is cancelled. From the commit on, every matching event is kept.
 *
 * @throws Refusal 400 for a callback that may not be called or a topic that is not in the catalogue; 403 for an app
 * that the caller may not act for; 404 for an app that is not there.
 */
export async function register(deps: DataPushDeps, registration: Registration): Promise<Registered> {
  const { caller, webhookUrl: callbackUrl, topicList } = registration;
  const app = actingApp(caller, registration.app);
  requireCallbackUrl(deps.checkCallbackUrl, callbackUrl, 'webhookUrl');
  const topics = await requireTopics(deps.db, topicList, 'topicList');
  let hasCancelled = false;
  const registered = await steerInTurn(deps, [appRow(app, 'exclusive')], async (trx) => {
    // Registrations of one app come one after another: the first makes it, the others overwrite it.
    if (!(await lockApp(trx, app, 'exclusive'))) throw notFound('app');
    return makeOnce(trx, async () => {
      const appRegisterId = await numberOfApp(trx, app);
      const known = await findRegistration(trx, app);
      const id = known ?? uuidv7();
      const written = known
        ? await writeChange(trx, { id, callbackUrl, topics: topics.length > 0 ? topics : undefined })
        : {
            subscription: await writeNew(trx, deps, {
              ...POLICY,
              ...app,
              id,
              interface: 'data-push',
              interfaceData: { appRegisterId },
              callbackUrl,
              topics,
              description: null,
            }),
            hasCancelled: false,
          };
      hasCancelled = written.hasCancelled;
      const change = { is: known ? undefined : 'made', ...auditedSettings({ callbackUrl, topics: topicList }) };
      await audit(trx, { object: 'subscription', id, of: app, change });
      return { appRegisterId, topicHistoryStatusList: await historyOf(trx, id, written.subscription.topics) };
    });
  });
  if (hasCancelled) deps.commands.sweepCancellations();
  return registered;
}

async function historyOf(
  trx: Knex.Transaction,
  registrationId: string,
  topics: readonly string[],
): Promise<Registered['topicHistoryStatusList']> {
  const tasks = await listPushTasks(trx, { registrationId });
  const processed = new Map(tasks.map(({ topic, isHistoryProcessed }) => [topic, isHistoryProcessed]));
  return topics.map((topic) => ({ topic, historyStatus: processed.get(topic) === true }));
}
