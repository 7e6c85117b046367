import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { within } from '../domain/within';
import { askedTogether } from './askedTogether';

/** Seconds. From the fast path's milliseconds to the hours of a retry schedule. */
const DELAY_BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 21600];
const HTTP_BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface MetricsOptions {
  /** Seconds since the acceptance of the oldest pending delivery, 0 when there is none; asked at every scrape. */
  oldestPendingSeconds(): Promise<number>;
}

export type Metrics = ReturnType<typeof createMetrics>;

/** Everything that `/metrics` shows. Nothing in it names a tenant, so it can be public. */
export function createMetrics({ oldestPendingSeconds }: MetricsOptions) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  watch(registers, {
    name: 'postrider_oldest_pending_seconds',
    help: 'Age of the oldest pending delivery; NaN while PostgreSQL is away.',
    ask: oldestPendingSeconds,
  });
  return {
    /** Another gauge that is asked for at every scrape; NaN when it cannot be told in time. */
    watch({ name, help, ask }: { name: string; help: string; ask(): Promise<number> }): void {
      watch(registers, { name, help, ask });
    },
    /** The text format of Prometheus. */
    scrape: askedTogether(() => registry.metrics()),
    eventsAccepted: new Counter({
      name: 'postrider_events_accepted_total',
      help: 'Events committed.',
      registers,
    }),
    deliveriesFinished: new Counter({
      name: 'postrider_deliveries_finished_total',
      help: 'Deliveries by final state: delivered, failed, cancelled.',
      labelNames: ['state'] as const,
      registers,
    }),
    attempts: new Counter({
      name: 'postrider_attempts_total',
      help: 'HTTP calls to receivers by outcome.',
      labelNames: ['outcome'] as const,
      registers,
    }),
    attemptsInFlight: new Gauge({
      name: 'postrider_attempts_in_flight',
      help: 'HTTP calls to receivers under way.',
      registers,
    }),
    largeBacklogs: new Gauge({
      name: 'postrider_large_backlogs',
      help: 'Subscriptions with more than 100,000 pending deliveries, as last looked at.',
      registers,
    }),
    rounds: new Counter({
      name: 'postrider_rounds_total',
      help: 'Rounds of reconcile and retention that this process made, by outcome.',
      labelNames: ['name', 'outcome'] as const,
      registers,
    }),
    firstAttemptDelay: new Histogram({
      name: 'postrider_first_attempt_delay_seconds',
      help: "From an event's acceptance to the first attempt of each delivery.",
      buckets: DELAY_BUCKETS,
      registers,
    }),
    acknowledgeDelay: new Histogram({
      name: 'postrider_acknowledge_delay_seconds',
      help: "From an event's acceptance to the acknowledgement of each delivery.",
      buckets: DELAY_BUCKETS,
      registers,
    }),
    httpRequestDuration: new Histogram({
      name: 'postrider_http_request_duration_seconds',
      help: 'Calls of the API by route and status.',
      labelNames: ['method', 'route', 'status'] as const,
      buckets: HTTP_BUCKETS,
      registers,
    }),
  };
}

const SCRAPE_QUERY_TIMEOUT_MS = 3000;

function watch(registers: Registry[], { name, help, ask }: { name: string; help: string; ask(): Promise<number> }) {
  new Gauge({
    name,
    help,
    registers,
    async collect() {
      // A scrape must answer in bounded time also when the database does not, and show the rest.
      this.set(await within(SCRAPE_QUERY_TIMEOUT_MS, ask()).catch(() => Number.NaN));
    },
  });
}
