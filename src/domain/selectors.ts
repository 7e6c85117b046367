/** The parts of an event's address that subscriptions select by (interfaces/README.md, "An event's address"). */
export interface EventAddress {
  topic: string;
  type: string;
}

/** What native and data-push subscriptions store for a topic they name. */
export function topicSelector(topic: string): string {
  return `topic:${topic}`;
}

/** Every selector text that a stored subscription can have for it to match this event. */
export function selectorsOf({ topic }: EventAddress): string[] {
  return [topicSelector(topic)];
}
