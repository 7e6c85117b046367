import type { Knex } from 'knex';
import { findTerm, type Term } from '../../db/portal/terms';
import { Refusal } from '../errors';

/** A target type as a caller names it: by its number, as the taxonomy term that it is, or both. */
export interface NamedTargetType {
  number?: number;
  termUuid?: string;
}

const NUMBER_FIELD = 'data.attributes.target_type';
const TERM_FIELD = 'data.relationships.target_type';

/** @throws Refusal 400 for one that is not in the catalogue, or two of them; null when none is named. */
export async function resolveTargetType(db: Knex, { number, termUuid }: NamedTargetType): Promise<Term | null> {
  const byNumber = number === undefined ? null : await findTerm(db, { number });
  if (number !== undefined && !byNumber) throw new Refusal(400, 'is not the number of a target type', NUMBER_FIELD);
  const byUuid = termUuid === undefined ? null : await findTerm(db, { uuid: termUuid });
  if (termUuid !== undefined && !byUuid) throw new Refusal(400, 'is not the uuid of a target type', TERM_FIELD);
  if (byNumber && byUuid && byNumber.number !== byUuid.number) {
    throw new Refusal(400, 'is another target type than the attribute names', TERM_FIELD);
  }
  return byUuid ?? byNumber;
}
