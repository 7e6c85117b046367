/** Options of an API under test that no test but their own looks at. */
export const API_OPTIONS = { rateLimitBytesPerKey: 1_073_741_824, secretsKey: Buffer.alloc(32, 7) };
