import type { Knex } from 'knex';
import type { Seat } from '../domain/fairness/fairSlots';
import { currentShare } from './connectionShare';
import { ConnectionSlots } from './connectionSlots';

/** What knex takes its connections from; it types its client as `any`. */
interface ConnectionSource {
  acquireConnection(): Promise<object>;
  releaseConnection(connection: object): Promise<void>;
}

/** From now on each statement or transaction takes a connection of the pool within its tenant's part (`connectionShare.ts`). */
export function shareConnections(knex: Knex, size: number): Knex {
  const source: ConnectionSource = knex.client;
  const slots = new ConnectionSlots(size);
  const acquire = source.acquireConnection.bind(source);
  const release = source.releaseConnection.bind(source);
  const seats = new WeakMap<object, Seat>();

  source.acquireConnection = async () => {
    const seat = await slots.take(currentShare());
    try {
      const connection = await acquire();
      seats.set(connection, seat);
      return connection;
    } catch (error) {
      slots.leave(seat);
      throw error;
    }
  };
  source.releaseConnection = async (connection) => {
    const seat = seats.get(connection);
    seats.delete(connection);
    try {
      await release(connection);
    } finally {
      if (seat) slots.leave(seat);
    }
  };
  return knex;
}
