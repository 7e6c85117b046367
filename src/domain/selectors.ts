import type { InterfaceName } from '../contracts/states';
import { portalTargetsOf } from './portalTargets';

/** What of an event subscriptions select by (interfaces/README.md, "An event's address"). */
export interface SelectableEvent {
  topic: string;
  type: string;
  /** JSON text. */
  changes: string;
}

/** One of the ways in which an event can be subscribed. */
interface Address {
  /** The name of the subscription's that it matches: the topic of its delivery. */
  topic: string;
  /** Whom of the subscriber's users it concerns is decided by what they chose: a delivery for each page of them. */
  targets?: readonly string[];
}

/** By what an interface's subscriptions select. */
interface Matching {
  /** What a subscription stores for a name that it was given. No two interfaces that match differently share one. */
  selector(name: string): string;
  addressesOf(event: SelectableEvent): Address[];
}

const catalogueTopic: Matching = { selector: (topic) => `topic:${topic}`, addressesOf: ({ topic }) => [{ topic }] };

/** One line per interface. */
const MATCHING: Record<InterfaceName, Matching> = {
  native: catalogueTopic,
  'data-push': catalogueTopic,
  cmdb: {
    selector: (name) => `cmdb:${name}`,
    addressesOf: ({ topic, type }) => [{ topic: topic + type }, { topic }],
  },
  gateway: {
    selector: (tag) => `gateway:${tag}`,
    addressesOf: ({ topic, type }) => [{ topic: `${topic}|${type}` }],
  },
  portal: {
    selector: () => 'portal',
    addressesOf(event) {
      const targets = portalTargetsOf(event);
      return targets.length > 0 ? [{ topic: event.topic, targets }] : [];
    },
  },
};

/** What a subscription of the interface stores for a name that it was given. */
export function selectorOf(interfaceName: InterfaceName, name: string): string {
  return MATCHING[interfaceName].selector(name);
}

/** A text that a stored subscription can have for it to match an event, and what its delivery then is for. */
export interface Selection extends Address {
  selector: string;
}

/** Every one, once. */
export function selectionsOf(event: SelectableEvent): Selection[] {
  const selections = new Map<string, Selection>();
  for (const { selector, addressesOf } of Object.values(MATCHING)) {
    for (const address of addressesOf(event)) {
      const text = selector(address.topic);
      selections.set(text, { selector: text, ...address });
    }
  }
  return [...selections.values()];
}
