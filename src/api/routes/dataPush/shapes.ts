import { boundedArray, topic } from '../v1/shapes';

const MAX_TOPICS = 1000;

/** Blank in any of its three forms: absent, null, []. */
export const topicList = boundedArray(topic, { max: MAX_TOPICS })
  .nullish()
  .meta({ description: `At most ${MAX_TOPICS} topics; repeated ones count once.`, example: ['orders'] });
