import type { Caller } from '../services/caller';
import type { CallKind, CallPaces } from '../services/callPaces';
import type { ListTurns } from './listTurns';

/** When a call that is no publish is made: at its tenant's pace, and a list in its turn. */
export class CallTurns {
  constructor(
    private readonly paces: CallPaces,
    private readonly lists: ListTurns,
  ) {}

  /** @throws ShareExhausted when its turn does not come in time. */
  async run<T>(caller: Caller, kind: CallKind, call: () => Promise<T>): Promise<T> {
    const spent = await this.paces.next(caller.tenantId ?? '', kind);
    let tookMs = 0;
    const timed = async () => {
      const beganAt = performance.now();
      try {
        return await call();
      } finally {
        tookMs = performance.now() - beganAt;
      }
    };
    try {
      return await (kind === 'list' ? this.lists.run(caller, timed) : timed());
    } finally {
      spent(tookMs);
    }
  }
}
