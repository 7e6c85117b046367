import * as z from 'zod';
import { boundedArray, callbackUrl, description, retry, topic } from '../shapes';

const MAX_TOPICS = 1000;

/** What a subscriber decides about a subscription, when it is made and later. */
export const settings = {
  callbackUrl,
  topics: boundedArray(topic, { min: 1, max: MAX_TOPICS }).meta({
    description: `1 to ${MAX_TOPICS} topics of the catalogue; repeated ones count once.`,
    example: ['orders'],
  }),
  description,
  timeoutMs: z
    .int()
    .min(100)
    .max(60_000)
    .meta({ description: 'Milliseconds for the whole of an attempt.', example: 15_000 }),
  retry,
  maxInFlight: z.int().min(1).max(100).meta({ description: 'Attempts at once, over all processes.', example: 10 }),
};
