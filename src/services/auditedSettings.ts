interface Settings {
  callbackUrl?: string | null;
  topics?: readonly (string | { topic: string })[];
  [name: string]: unknown;
}

/** What the record of a change keeps of settings: of a callback its host, of topics their names, of own texts that they changed. */
export function auditedSettings({ callbackUrl, topics, ...settings }: Settings): Record<string, unknown> {
  return {
    ...settings,
    description: settings.description === undefined ? undefined : 'changed',
    interfaceData: undefined,
    callbackHost: callbackUrl ? new URL(callbackUrl).host : callbackUrl,
    topics: topics?.map((topic) => (typeof topic === 'string' ? topic : topic.topic)),
  };
}
