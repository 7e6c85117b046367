import { Client } from 'pg';

/** Where the database of this URL is listened for, as the client reads the URL; nothing for a socket in the file system. */
export function databaseServers(url: string): { host: string; port: number }[] {
  // Only a client that connects opens anything. It knows the URL's query parameters and PGHOST too.
  const { host, port } = new Client({ connectionString: url });
  return host
    .split(',')
    .filter((name) => name !== '' && !name.startsWith('/'))
    .map((name) => ({ host: name, port }));
}
