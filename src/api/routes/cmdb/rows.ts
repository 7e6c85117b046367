import * as z from 'zod';
import { cmdbTime } from '../../../domain/cmdbTime';
import type { Cmdb } from '../../../services/cmdb';

type Found = Awaited<ReturnType<Cmdb['search']>>[number];

const statistics = z
  .object({
    total: z.int().meta({ description: 'Deliveries that are finished.', example: 30 }),
    failure: z.int().meta({ description: 'Those of them that ended failed.', example: 2 }),
  })
  .meta({ id: 'CmdbStatistics', description: 'How its deliveries ended.' });

/** A subscription as search shows it. */
export const subscriptionRow = z
  .object({
    subscription_id: z.int().meta({ description: 'Id of the subscription in this interface.', example: 1 }),
    subscription_name: z.string().meta({ description: 'Name of the subscription.', example: 'mysubscribe' }),
    system_name: z.string().meta({ description: 'Name of the system that subscribes.', example: 'SystemName' }),
    callback_url: z
      .string()
      .meta({ description: 'Where its events go, as it was given.', example: 'http://127.0.0.1:9000/cmdb' }),
    confirm_mode: z
      .enum(['httpstatus', 'regular'])
      .meta({ description: 'What counts as confirmed.', example: 'httpstatus' }),
    confirm_pattern: z.string().meta({ description: 'Statuses, or the regular expression.', example: '200' }),
    subscription_form: z.string().meta({ description: 'Event names, separated by commas.', example: 'hostcreate' }),
    timeout: z.int().meta({ description: 'Seconds for the whole of an attempt.', example: 10 }),
    last_time: z.string().meta({
      description: 'When it was changed last, in UTC: `YYYY-MM-DD hh:mm:ss`.',
      example: '2017-09-19 16:57:07',
    }),
    operator: z.string().meta({ description: 'Who changed it last.', example: 'ada' }),
    statistics,
  })
  .meta({ id: 'CmdbSubscriptionRow' });

export function toRow(found: Found): z.input<typeof subscriptionRow> {
  return {
    subscription_id: found.number,
    subscription_name: found.name,
    system_name: found.systemName,
    callback_url: found.callbackUrl,
    confirm_mode: found.confirmMode,
    confirm_pattern: found.confirmPattern,
    subscription_form: found.topics.join(','),
    timeout: found.timeoutMs / 1000,
    last_time: cmdbTime(found.changedAt),
    operator: found.operator,
    statistics: { total: found.finishedDeliveries, failure: found.failedDeliveries },
  };
}
