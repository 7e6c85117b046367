import * as z from 'zod';
import { InvalidPattern } from '../services/cmdb/settings';
import { QuotaExceeded, Refusal } from '../services/errors';
import { type ErrorForm, inWords, type Problem } from './errorForm';

/** The CMDB's own numbers (cmdb.md). */
export const CODES = {
  /** The body is not JSON; and whatever has no number of its own. */
  general: 1199000,
  invalid: 1199006,
  notSet: 1199010,
  duplicate: 1199014,
  pattern: 1199016,
  notFound: 1199019,
  notSaved: 1103000,
  notDeleted: 1103001,
  notSelected: 1103002,
  notUpdated: 1103003,
  pingFailed: 1103004,
  telnetFailed: 1103005,
} as const;
type Code = (typeof CODES)[keyof typeof CODES];

/** Messages that have a meaning of their own here; they follow the name of what is at fault. */
export const NOT_SET = 'is not set';
export const NOT_AN_OBJECT = 'must be a JSON object';
export const NO_VERSION = 'must be v and a number';

export const cmdbError = z
  .object({
    result: z.literal(false).meta({ description: 'false: refused.', example: false }),
    bk_error_code: z.int().meta({ description: "The CMDB's number of the error.", example: CODES.notSet }),
    bk_error_msg: z
      .string()
      .meta({ description: 'Names each field at fault.', example: 'subscription_name: is not set' }),
    data: z.null().meta({ description: 'Nothing.', example: null }),
  })
  .meta({ id: 'CmdbError' });

/**
 * cmdb.md: the envelope with `result` false; what is refused for its content has HTTP status 200.
 *
 * @param own the number of a fault of ours (500), and of a call out that failed (422).
 */
export function cmdbForm(own: { 500?: Code; 422?: Code } = {}): ErrorForm {
  return {
    mediaType: 'application/json',
    schema: cmdbError,
    render(problem) {
      const { status, code } = answerTo(problem, own);
      return { status, body: { result: false, bk_error_code: code, bk_error_msg: inWords(problem), data: null } };
    },
  };
}

function answerTo(problem: Problem, own: { 500?: Code; 422?: Code }): { status: number; code: Code } {
  const { status, cause } = problem;
  switch (status) {
    case 400:
      if (problem.errors?.some(({ message }) => message === NO_VERSION)) return { status: 404, code: CODES.general };
      return { status: 200, code: cause instanceof InvalidPattern ? CODES.pattern : codeOfFault(problem) };
    case 404:
      // Without a refusal it is the path that there is not.
      return cause instanceof Refusal ? { status: 200, code: CODES.notFound } : { status, code: CODES.general };
    case 409:
      if (cause instanceof QuotaExceeded) return { status: 200, code: own[500] ?? CODES.general };
      return { status: 200, code: CODES.duplicate };
    case 422:
      return { status: 200, code: own[422] ?? CODES.invalid };
    case 500:
      return { status, code: own[500] ?? CODES.general };
    default:
      return { status, code: CODES.general };
  }
}

/** Of several faults, the first one's. */
function codeOfFault({ errors: [fault] = [] }: Problem): Code {
  if (fault?.message === NOT_SET) return CODES.notSet;
  return fault?.field === 'body' && fault.message !== NOT_AN_OBJECT ? CODES.general : CODES.invalid;
}
