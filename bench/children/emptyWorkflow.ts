/** What T measures: the least that Temporal can be asked for. */
export async function empty(): Promise<void> {}
