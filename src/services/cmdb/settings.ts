import { NameTaken } from '../../db/cmdb/registrations';
import { type Confirmation, compileExpression, PatternError } from '../../domain/cmdbConfirmation';
import { QuotingRefusal, Refusal } from '../errors';
import type { SubscriptionDeps } from '../subscriptions/deps';
import { requireCallable } from './callback';

/** What the body of subscribe and modify says. */
export interface CmdbSubscriptionInput extends Confirmation {
  name: string;
  systemName: string;
  /** Perhaps without a scheme. */
  callbackUrl: string;
  /** Event names, each once. */
  names: readonly string[];
  timeoutMs: number;
  /** The acting user; null: the app. */
  operator: string | null;
}

/** A `confirm_pattern` that is no regular expression. */
export class InvalidPattern extends QuotingRefusal {
  constructor(message: string) {
    super(400, message, 'confirm_pattern');
  }
}

/**
 * What a subscription keeps of its own, and what the CMDB keeps beside it.
 *
 * @throws Refusal 400 for a callback that may not be called; InvalidPattern.
 */
export function settingsOf(
  { checkCallbackUrl }: Pick<SubscriptionDeps, 'checkCallbackUrl'>,
  input: CmdbSubscriptionInput,
) {
  const { confirmMode, confirmPattern, name, systemName, callbackUrl, names, timeoutMs, operator } = input;
  if (confirmMode === 'regular') requireExpression(confirmPattern);
  return {
    subscription: {
      callbackUrl: requireCallable(checkCallbackUrl, callbackUrl),
      topics: names.map((topic) => ({ topic })),
      timeoutMs,
      interfaceData: { confirmMode, confirmPattern } satisfies Confirmation,
    },
    registration: { name, systemName, callbackUrl, operator },
  };
}

function requireExpression(pattern: string): void {
  try {
    compileExpression(pattern);
  } catch (error) {
    throw error instanceof PatternError ? new InvalidPattern(error.message) : error;
  }
}

/** @throws Refusal 409 when the name is taken. */
export async function refuseTakenName<T>(written: Promise<T>): Promise<T> {
  try {
    return await written;
  } catch (error) {
    throw error instanceof NameTaken ? new Refusal(409, 'is taken in this business', 'subscription_name') : error;
  }
}
