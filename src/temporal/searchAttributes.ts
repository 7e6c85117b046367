import type { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { SEARCH_ATTRIBUTES } from '../contracts/searchAttributes';

/** `temporal.api.enums.v1.IndexedValueType` */
const INDEXED_VALUE_TYPES = { Keyword: 2, Int: 3 } as const;

/** Registers what is missing in the namespace. @throws when an attribute stands with another type, or Temporal is away. */
export async function ensureSearchAttributes({
  client,
  connection,
}: {
  client: Pick<Client, 'options'>;
  connection: Pick<NativeConnection, 'operatorService'>;
}): Promise<void> {
  const { namespace } = client.options;
  const { customAttributes = {} } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing: Record<string, number> = {};
  for (const [name, type] of Object.entries(SEARCH_ATTRIBUTES)) {
    const standing = customAttributes?.[name];
    if (standing === undefined) missing[name] = INDEXED_VALUE_TYPES[type];
    else if (standing !== INDEXED_VALUE_TYPES[type]) {
      throw new Error(`the search attribute ${name} stands in namespace ${namespace} with another type than ${type}`);
    }
  }
  if (Object.keys(missing).length === 0) return;
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: missing });
}
