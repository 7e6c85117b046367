/** The production image has no embedded servers, so their modules are loaded only where they are asked for. */
export async function loadEmbedded(): Promise<typeof import('./embedded')> {
  return import('./embedded.js').catch((cause: unknown) => {
    const isLeftOut = (cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
    throw isLeftOut
      ? new Error('this installation brings no servers of its own: set DATABASE_URL and TEMPORAL_ADDRESS', { cause })
      : cause;
  });
}
