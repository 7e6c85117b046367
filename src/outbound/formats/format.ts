import type { StoredEvent } from '../../domain/delivery';

/** How one interface words its callbacks. A body is fixed by the delivery's row: every attempt sends the same bytes. */
export interface CallbackFormat {
  contentType: string;
  /** UTF-8. */
  body(delivery: {
    deliveryId: string;
    event: StoredEvent;
    /** What the interface keeps with the subscription. */
    interfaceData: Readonly<Record<string, unknown>>;
  }): Uint8Array;
}
