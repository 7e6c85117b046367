import { TemporalAway } from '../services/carriers/port';
import { isDenied, isNotFound } from './grpcErrors';

type Event = 'temporal.namespace_missing' | 'temporal.namespace_refused';

const REASONS: Record<Event, string> = {
  'temporal.namespace_missing': 'it has no namespace of the name in TEMPORAL_NAMESPACE',
  'temporal.namespace_refused': 'it refuses this key for the namespace in TEMPORAL_NAMESPACE',
};

/** Temporal answers, but not for our namespace. The message names neither the host nor the namespace: /readyz shows it. */
export class NamespaceRefused extends TemporalAway {
  private constructor(readonly event: Event) {
    super(REASONS[event]);
  }

  /** @param error of a call that describes the namespace. */
  static of(error: unknown): NamespaceRefused | null {
    if (isNotFound(error)) return new NamespaceRefused('temporal.namespace_missing');
    return isDenied(error) ? new NamespaceRefused('temporal.namespace_refused') : null;
  }

  /** What somebody has to do, for the log. */
  advice(address: string | undefined, namespace: string): string {
    const goesOn = 'Events are accepted and first attempts are made meanwhile; nothing has to be restarted.';
    if (this.event === 'temporal.namespace_refused') {
      return `Temporal at ${address} refuses this key or certificate for the namespace ${namespace}: give it write access to it, or correct TEMPORAL_NAMESPACE. ${goesOn}`;
    }
    return (
      `Temporal at ${address} has no namespace ${namespace}: create it ` +
      `(temporal operator namespace create --namespace ${namespace} --retention 7d), or correct TEMPORAL_NAMESPACE. ${goesOn}`
    );
  }
}
