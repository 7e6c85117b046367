import type { StoredEvent } from '../../domain/delivery';
import type { Share } from '../../domain/fairness/fairQueue';
import type { AnswerFault } from '../../domain/fault';
import { isSuccess } from '../../domain/judgement';

/** What an interface keeps with a subscription. */
export type InterfaceData = Readonly<Record<string, unknown>>;

export interface CallbackContent {
  deliveryId: string;
  /** Of the names that the subscription has, the one that the event matched. */
  topic: string;
  event: StoredEvent;
  interfaceData: InterfaceData;
}

/** A whole answer of a receiver; of its body at most the first 64 KiB. */
export interface ReceiverAnswer {
  statusCode: number;
  body: Uint8Array;
}

/** For whom an answer is read. */
export interface AnswerReader {
  interfaceData: InterfaceData;
  share: Share;
}

export interface Reading {
  isAcknowledged: boolean;
  /** Why not, where the status alone does not say so. */
  fault: AnswerFault | null;
  /** The same in words, which may quote the receiver. */
  error: string | null;
}

/**
 * How one interface words its callbacks, and which answers it takes for an acknowledgement. A body is fixed by the
 * delivery's row: but for ids of the call itself every attempt sends the same.
 */
export interface CallbackFormat {
  contentTypeOf(interfaceData: InterfaceData): string;
  /** The body of an answer may decide: receivers are asked for one that can be read. */
  isAnswerRead: boolean;
  /** UTF-8; null: it concerns nobody any more. */
  body(content: CallbackContent): Uint8Array | Promise<Uint8Array | null>;
  /** A promise where reading takes so long that others have to be let in between. */
  read(answer: ReceiverAnswer, reader: AnswerReader): Reading | Promise<Reading>;
}

/** Every interface but the gateway's sends JSON. */
export const jsonContentType = () => 'application/json';

/** Any 2xx acknowledges, whatever the body says. */
export function readStatus({ statusCode }: ReceiverAnswer): Reading {
  return { isAcknowledged: isSuccess(statusCode), fault: null, error: null };
}
