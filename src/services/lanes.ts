import type { Knex } from 'knex';
import type { LaneState } from '../contracts/states';
import { findLane, type Lane, listLanes } from '../db/laneReads';
import type { Scope } from '../domain/scope';
import { notFound } from './errors';
import { type Page, type PageRequest, readPage } from './page';

export interface Lanes {
  /** @throws Refusal 404. */
  read(target: { id: string; scope: Scope }): Promise<Lane>;
  list(scope: Scope, filter: { state?: LaneState }, page: PageRequest): Promise<Page<Lane>>;
}

export function createLanes(db: Knex): Lanes {
  return {
    async read(target) {
      const lane = await findLane(db, target);
      if (!lane) throw notFound('lane');
      return lane;
    },
    list: (scope, filter, page) =>
      readPage(
        page,
        (request) => listLanes(db, { scope, ...filter, ...request }),
        ({ id }) => id,
      ),
  };
}
