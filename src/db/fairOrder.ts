export interface FairOrder {
  /** A query of the rows that wait, the longest waiting first up to a bound. Its columns are those of the result. */
  waiting: string;
  /** Columns of it: whose they are, the flow of that tenant, and what is first within a flow. */
  tenant: string;
  flow: string;
  first: string;
}

/**
 * Fair queueing (domain/fairness/fairQueue.ts) of rows that wait in a table, as SQL: a query of the same rows with a `turn`, by
 * which tenants take turns, and the flows of a tenant, whatever each of them has waiting.
 */
export const fairOrder = ({ waiting, tenant, flow, first }: FairOrder) => `
  SELECT *, row_number() OVER (PARTITION BY ${tenant} ORDER BY turn_of_flow, ${first}) AS turn
  FROM (
    SELECT *, row_number() OVER (PARTITION BY ${tenant}, ${flow} ORDER BY ${first}) AS turn_of_flow
    FROM (${waiting}) waiting
  ) by_flow`;
