import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { answerTo, questionOf } from '../../../faults/neighbours/attacker/nameServer';

/** What a resolver of Node's asks, word for word. */
async function exchange(ask: (resolver: Resolver) => Promise<unknown>) {
  const socket = createSocket('udp4');
  const names: string[] = [];
  socket.on('message', (query, from) => {
    const { name, type, end } = questionOf(query);
    names.push(name);
    socket.send(answerTo(query.subarray(0, end), type), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const resolver = new Resolver({ timeout: 1000, tries: 1 });
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  const answer = await ask(resolver).catch((error: NodeJS.ErrnoException) => error.code);
  socket.close();
  return { names, answer };
}

test('a name has one address, for a second', async () => {
  const { names, answer } = await exchange((resolver) => resolver.resolve4('Victim.test', { ttl: true }));
  expect(names).toEqual(['victim.test']);
  expect(answer).toEqual([{ address: '127.0.0.1', ttl: 1 }]);
});

test('of another type it has none', async () => {
  const { answer } = await exchange((resolver) => resolver.resolve6('victim.test'));
  expect(answer).toBe('ENODATA');
});
