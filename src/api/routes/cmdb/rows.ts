import * as z from 'zod';
import { cmdbTime } from '../../../domain/cmdbTime';
import type { Cmdb } from '../../../services/cmdb';

type Found = Awaited<ReturnType<Cmdb['search']>>[number];

/** A subscription as search shows it. */
export const subscriptionRow = z
  .object({
    subscription_id: z.int(),
    subscription_name: z.string(),
    system_name: z.string(),
    callback_url: z.string().meta({ description: 'As it was given.' }),
    confirm_mode: z.enum(['httpstatus', 'regular']),
    confirm_pattern: z.string(),
    subscription_form: z.string(),
    timeout: z.int().meta({ description: 'Seconds.' }),
    last_time: z.string().meta({ description: 'When it was changed last, in UTC.', example: '2017-09-19 16:57:07' }),
    operator: z.string().meta({ description: 'Who changed it last.' }),
    statistics: z
      .object({ total: z.int(), failure: z.int() })
      .meta({ description: 'Finished deliveries: all, and those that ended failed.' }),
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
