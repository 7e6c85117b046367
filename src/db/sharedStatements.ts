import { currentShare } from './connectionShare';
import { ConnectionSlots } from './connectionSlots';
import type { StatementRunner } from './statementPool';

/** At most `size` of the pool's connections at once, of which each tenant has a part (`connectionShare.ts`). */
export function shareStatements(pool: StatementRunner, size: number): StatementRunner {
  const slots = new ConnectionSlots(size);
  return {
    async run(statement, values) {
      const seat = await slots.take(currentShare());
      try {
        return await pool.run(statement, values);
      } finally {
        slots.leave(seat);
      }
    },
  };
}
