import { Client } from 'pg';
import type { Database, Statement } from '../../../src/db/database';
import { settleSession } from '../../../src/db/session';
import { HOT_PATH_PLANS } from '../../../src/db/sessionSettings';

/** With the settings of the hot path. */
export async function connectHot(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await settleSession(client, HOT_PATH_PLANS);
  return client;
}

/** What would be run, without running it. */
export async function statementOf(call: (spy: Database) => Promise<unknown>, db: Database): Promise<Statement> {
  const ran: Statement[] = [];
  const run = async (statement: Statement): Promise<never> => {
    ran.push(statement);
    throw new Error('only looking');
  };
  await call({ ...db, run, runShared: run }).catch(() => undefined);
  const [statement] = ran;
  if (!statement) throw new Error('nothing was run');
  return statement;
}

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Index Cond'?: string;
  Plans?: Node[];
}

/** One read of a table in a plan. */
export interface Scan {
  relation: string;
  how: string;
  index: string;
  condition: string;
}

const nodes = (plan: Node): Node[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

/** How the plan that is kept for a prepared statement reads tables; what it writes to is left out. */
export async function scansOf(client: Client, { text }: Statement): Promise<Scan[]> {
  const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(
    `EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${text}`,
  );
  return rows
    .flatMap((row) => nodes(row['QUERY PLAN'][0].Plan))
    .filter((node) => node['Node Type'] !== 'ModifyTable' && node['Relation Name'] !== undefined)
    .map((node) => ({
      relation: node['Relation Name'] ?? '',
      how: node['Node Type'],
      index: node['Index Name'] ?? '',
      // Of a bitmap scan it stands in the node below.
      condition: [node, ...(node.Plans ?? [])].find((part) => part['Index Cond'])?.['Index Cond'] ?? '',
    }));
}
