import { createRateLimit } from '../../src/api/rateLimit';
import type { CallOut } from '../../src/services/callOut';
import { createTestCalls, type TestCalls } from '../../src/services/testCalls';

/** For tests that make more test calls than anybody may. */
export const UNLIMITED = createRateLimit({ perSecond: 1_000_000, burst: 1_000_000 });

/** Test calls whose failures are answered at once. */
export function testCallsOver(callOut: CallOut, options: { slots?: number } = {}): TestCalls {
  return createTestCalls({ callOut, quota: UNLIMITED, failsAfterMs: 0, ...options });
}

/** For what calls nobody. */
export const NO_WAY_OUT: TestCalls = testCallsOver({
  post: async () => ({ statusCode: null, fault: 'egress', body: new Uint8Array(0), redirect: null }),
  connect: async () => ({ fault: 'egress' }),
});
