import { databaseServers } from '../../../src/db/databaseServers';
import { temporalServers } from '../../../src/start/ownServers';

test.each([
  ['postgresql://u:p@db.example/x', [{ host: 'db.example', port: 5432 }]],
  ['postgresql://u:p@[fd00::5]:77/x', [{ host: 'fd00::5', port: 77 }]],
  ['postgresql://u:p@one,two/x', ['one', 'two'].map((host) => ({ host, port: 5432 }))],
  ['postgresql://u:p@one/x?host=other.example&port=6000', [{ host: 'other.example', port: 6000 }]],
  ['postgresql:///x', [{ host: 'localhost', port: 5432 }]],
  ['postgresql://u@%2Fvar%2Frun/x', []],
  ['postgresql:///x?host=/var/run/postgresql', []],
])('the database of %s', (url, servers) => {
  expect(databaseServers(url)).toEqual(servers);
});

test.each([
  ['temporal:7233', 'temporal', 7233],
  ['temporal', 'temporal', 7233],
  ['https://[fd00::5]:443', 'fd00::5', 443],
  ['127.0.0.1:17233', '127.0.0.1', 17_233],
])("Temporal's servers at %s", (address, host, port) => {
  const servers = temporalServers(address);
  expect(servers).toEqual(servers.map((one) => ({ host, port: one.port })));
  expect(servers.map((one) => one.port)).toEqual(expect.arrayContaining([port, 7233, 7243, 8233]));
});
