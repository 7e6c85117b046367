import { readFileSync } from 'node:fs';

/** What `POST /api/publish` takes. */
export interface PublishBody {
  event_source: string;
  event_topic: string;
  event_type: string;
  event_status: string;
  changes: [payload: unknown];
}

interface Payload {
  action?: string;
  repository?: { full_name?: string } | null;
  organization?: { login?: string } | null;
}

/**
 * GitHub's published webhook examples, some 330 of 1 to 27 kB, as events: topic is the repository's full name, else
 * the organization's login, else `github`; type is the webhook's name; status is its action, else `none`.
 */
export function githubEvents(): PublishBody[] {
  // Read, not imported: the type of a literal of 3 MB would be checked with every compilation.
  const file = require.resolve('@octokit/webhooks-examples/api.github.com/index.json');
  const webhooks: { name: string; examples: Payload[] }[] = JSON.parse(readFileSync(file, 'utf8'));
  return webhooks.flatMap(({ name, examples }) =>
    examples.map((payload) => ({
      event_source: 'github',
      event_topic: payload.repository?.full_name ?? payload.organization?.login ?? 'github',
      event_type: name,
      event_status: payload.action ?? 'none',
      changes: [payload] as [unknown],
    })),
  );
}
