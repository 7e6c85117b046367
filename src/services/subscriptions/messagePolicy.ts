/** How messages to an application go out, the gateway's and the portal's: each for itself, on the gateway's schedule. */
export const MESSAGE_POLICY = {
  timeoutMs: 15_000,
  retry: 'gateway',
  maxInFlight: 100,
  ordered: false,
  historyRequired: false,
  description: null,
} as const;
