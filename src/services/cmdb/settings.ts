import { NameTaken } from '../../db/cmdb/registrations';
import { type Confirmation, MAX_PROGRAM_SIZE } from '../../domain/cmdbConfirmation';
import type { Caller } from '../caller';
import { Conflict, QuotingRefusal } from '../errors';
import type { CompiledPattern, SubscriptionDeps } from '../subscriptions/deps';
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
export async function settingsOf(
  { checkCallbackUrl, compilePattern }: Pick<SubscriptionDeps, 'checkCallbackUrl' | 'compilePattern'>,
  { caller, input }: { caller: Caller; input: CmdbSubscriptionInput },
) {
  const { confirmMode, confirmPattern, name, systemName, callbackUrl, names, timeoutMs, operator } = input;
  if (confirmMode === 'regular') {
    const share = { tenantId: caller.tenantId ?? '', flow: caller.keyId };
    requireExpression(await compilePattern({ pattern: confirmPattern, share }));
  }
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

function requireExpression(compiled: CompiledPattern): void {
  if ('error' in compiled) throw new InvalidPattern(compiled.error);
  if (compiled.programSize > MAX_PROGRAM_SIZE) throw new InvalidPattern('the regular expression is too large');
}

/** @throws Refusal 409 when the name is taken. */
export async function refuseTakenName<T>(written: Promise<T>): Promise<T> {
  try {
    return await written;
  } catch (error) {
    throw error instanceof NameTaken
      ? new Conflict('already_exists', 'is taken in this business', 'subscription_name')
      : error;
  }
}
