import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { TcpProxy } from '../../../faults/proxy/tcpProxy';

let server: Server;
let proxy: TcpProxy;
const open = new Set<Socket>();

beforeEach(async () => {
  // An echo.
  server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await TcpProxy.start({ target: { host: '127.0.0.1', port: (server.address() as AddressInfo).port } });
});

afterEach(async () => {
  await proxy.stop();
  for (const socket of open) socket.destroy();
  server.close();
});

async function dial(): Promise<Socket> {
  const socket = connect(proxy.port, '127.0.0.1');
  open.add(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function echo(socket: Socket, text: string): Promise<string> {
  let came = '';
  socket.on('data', (bytes) => {
    came += bytes;
  });
  socket.write(text);
  while (came.length < text.length) await once(socket, 'data');
  return came;
}

test('passes both ways, and the end of a side', async () => {
  const socket = await dial();
  expect(await echo(socket, 'hello')).toBe('hello');
  socket.end();
  await once(socket, 'close');
});

test('slow: everything arrives, in order, also what is sent after it has healed', async () => {
  const socket = await dial();
  proxy.setMode({ kind: 'slow', delayMs: 50 });
  const first = echo(socket, 'a'.repeat(10));
  await new Promise((resolve) => setTimeout(resolve, 10));
  proxy.heal();
  const both = echo(socket, `${'b'.repeat(10)}`);
  expect(await first).toMatch(/^a{10}/);
  expect(await both).toMatch(/^a{0,10}b*$/);
});

test('cut: what is open is reset, what is new too; healed: new connections pass', async () => {
  const socket = await dial();
  proxy.setMode({ kind: 'cut' });
  const [error] = await once(socket, 'error');
  expect(error.code).toBe('ECONNRESET');
  const [refusal] = await once(connect(proxy.port, '127.0.0.1'), 'error');
  expect(refusal.code).toBe('ECONNRESET');
  proxy.heal();
  expect(await echo(await dial(), 'again')).toBe('again');
});

test('half open: nothing comes and nothing closes; what lost bytes stays dead, new connections pass', async () => {
  const socket = await dial();
  expect(await echo(socket, 'before')).toBe('before');
  proxy.setMode({ kind: 'halfOpen' });
  const seen: string[] = [];
  for (const event of ['data', 'end', 'error', 'close']) socket.on(event, () => seen.push(event));
  socket.write('lost');
  await new Promise((resolve) => setTimeout(resolve, 50));
  proxy.heal();
  expect(await echo(await dial(), 'new')).toBe('new');
  socket.write('still lost');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(seen).toEqual([]);
});
