import type { SearchAttributePair } from '@temporalio/common';
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';

/**
 * Changes those attributes that the workflow was started with. A namespace may lack them, and then a workflow is started
 * without: to set one all the same would fail every task of it.
 */
export function upsertKnownAttributes(attributes: SearchAttributePair[]): void {
  const { typedSearchAttributes } = workflowInfo();
  const known = attributes.filter(({ key }) => typedSearchAttributes.get(key) !== undefined);
  if (known.length > 0) upsertSearchAttributes(known);
}
