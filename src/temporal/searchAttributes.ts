import { type Client, isGrpcServiceError } from '@temporalio/client';
import type { SearchAttributePair } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import { SEARCH_ATTRIBUTES, type SearchAttributeName } from '../contracts/searchAttributes';
import { isDenied } from './grpcErrors';

/** `temporal.api.enums.v1.IndexedValueType` */
const INDEXED_VALUE_TYPES = { Keyword: 2, Int: 3 } as const;
const CALL_TIMEOUT_MS = 5000;
/** Many starts can be refused at once. */
const LOOK_AGAIN_AFTER_MS = 1000;

const ALL = Object.keys(SEARCH_ATTRIBUTES) as SearchAttributeName[];

export interface TemporalConnection {
  client: Pick<Client, 'options' | 'withDeadline'>;
  connection: Pick<NativeConnection, 'operatorService'>;
}

/**
 * Adds what is missing in the namespace, if this key may.
 *
 * @returns names of those that cannot be used: they are missing, or exist with another type. @throws when they cannot be listed.
 */
export async function ensureSearchAttributes({
  client,
  connection,
}: TemporalConnection): Promise<SearchAttributeName[]> {
  const { namespace } = client.options;
  const bounded = <T>(call: () => Promise<T>) => client.withDeadline(Date.now() + CALL_TIMEOUT_MS, call);
  const { customAttributes } = await bounded(() => connection.operatorService.listSearchAttributes({ namespace }));
  const unusable = ALL.filter((name) => customAttributes?.[name] !== INDEXED_VALUE_TYPES[SEARCH_ATTRIBUTES[name]]);
  const absent = unusable.filter((name) => customAttributes?.[name] === undefined);
  if (absent.length === 0) return unusable;
  const searchAttributes = Object.fromEntries(
    absent.map((name) => [name, INDEXED_VALUE_TYPES[SEARCH_ATTRIBUTES[name]]]),
  );
  try {
    await bounded(() => connection.operatorService.addSearchAttributes({ namespace, searchAttributes }));
  } catch (error) {
    // This key may not, or the namespace has no room for more: either is for an administrator to see to.
    if (!isGrpcServiceError(error)) throw error;
    return unusable;
  }
  return unusable.filter((name) => !absent.includes(name));
}

/** Which of our search attributes workflows can be started with. Deliveries go on without those that the namespace lacks. */
export class SearchAttributes {
  private unusable: readonly SearchAttributeName[] = [];
  private canList = true;
  private lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: { namespace: string; log: Logger }) {}

  get missingCount(): number {
    return this.unusable.length;
  }

  /** What an administrator has to do, in a sentence that names no namespace. null: nothing. */
  get todo(): string | null {
    return this.unusable.length === 0 ? null : todo(this.unusable, '"$TEMPORAL_NAMESPACE"');
  }

  usable(wanted: SearchAttributePair[]): SearchAttributePair[] {
    return wanted.filter(({ key }) => !this.unusable.some((name) => name === key.name));
  }

  /** A start was refused for its attributes: the namespace has lost some, or does not know yet what was just added. */
  onRefused(link: TemporalConnection): void {
    if (!this.canList) this.note(ALL);
    if (performance.now() - this.lookedAtMs < LOOK_AGAIN_AFTER_MS) return;
    // The next look is a minute away at most.
    this.look(link).catch(() => undefined);
  }

  /** @throws when Temporal does not answer. */
  async look(link: TemporalConnection): Promise<void> {
    this.lookedAtMs = performance.now();
    try {
      this.note(await ensureSearchAttributes(link));
      this.canList = true;
    } catch (error) {
      if (!isDenied(error)) throw error;
      // A key that may not even list them: each start finds out for itself.
      this.canList = false;
      this.note([]);
    }
  }

  private note(unusable: readonly SearchAttributeName[]): void {
    const isKnown = unusable.join() === this.unusable.join();
    this.unusable = unusable;
    if (isKnown) return;
    const { log, namespace } = this.options;
    if (unusable.length === 0) log.info({ event: 'temporal.search_attributes_complete', namespace });
    else
      log.warn(
        { event: 'temporal.search_attributes_missing', namespace, missing: unusable },
        todo(unusable, namespace),
      );
  }
}

function todo(names: readonly SearchAttributeName[], namespace: string): string {
  const created = names.map((name) => `--name ${name} --type ${SEARCH_ATTRIBUTES[name]}`).join(' ');
  const added = names.map((name) => `--search-attribute "${name}=${SEARCH_ATTRIBUTES[name]}"`).join(' ');
  return (
    'Deliveries go on, but Temporal cannot filter their workflows, because the namespace lacks search attributes (or has them ' +
    'with another type) and this key may not add them. An administrator adds them, and nothing has to be restarted: ' +
    `temporal operator search-attribute create --namespace ${namespace} ${created}` +
    ` (Temporal Cloud: tcld namespace search-attributes add --namespace ${namespace} ${added})`
  );
}
