import { type ChildProcess, fork } from 'node:child_process';

type Handlers<H> = Record<keyof H, (...input: never) => unknown>;

interface Call {
  id: number;
  name: string;
  input: unknown;
}

type Reply = { id: number; output: unknown } | { id: number; failure: string };

/** A process of the bench, so that its CPU is its own; called like an object with asynchronous methods. */
export interface Child<H extends Handlers<H>> {
  call<Name extends keyof H & string>(name: Name, ...input: Parameters<H[Name]>): Promise<Awaited<ReturnType<H[Name]>>>;
  stop(): Promise<void>;
}

/** @param file the compiled module, which calls `serve`. */
export function startChild<H extends Handlers<H>>(file: string): Child<H> {
  const process = fork(file, { serialization: 'advanced' });
  const waiting = new Map<number, { resolve(output: never): void; reject(error: Error): void }>();
  let lastId = 0;
  const exited = new Promise<void>((resolve) => {
    process.once('exit', (code, signal) => {
      for (const { reject } of waiting.values()) reject(new Error(`${file} has ended with ${signal ?? code}`));
      waiting.clear();
      resolve();
    });
  });
  process.on('message', (reply: Reply) => {
    const caller = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ('failure' in reply) caller?.reject(new Error(reply.failure));
    else caller?.resolve(reply.output as never);
  });
  return {
    call(name, ...[input]) {
      return new Promise((resolve, reject) => {
        lastId += 1;
        waiting.set(lastId, { resolve, reject });
        process.send({ id: lastId, name, input } satisfies Call, (error) => error && reject(error));
      });
    },
    stop: () => end(process, exited),
  };
}

const GRACE_MS = 5_000;

async function end(process: ChildProcess, exited: Promise<void>): Promise<void> {
  if (process.connected) process.disconnect();
  const timer = setTimeout(() => process.kill('SIGKILL'), GRACE_MS);
  await exited;
  clearTimeout(timer);
}

/** In the child. It ends with its parent, and only so: Ctrl-C reaches both, and the parent still has questions. */
export function serve(handlers: Record<string, (input: never) => unknown>): void {
  process.on('SIGINT', () => {});
  process.on('disconnect', () => process.exit(0));
  process.on('message', async ({ id, name, input }: Call) => {
    let reply: Reply;
    try {
      const handler = handlers[name];
      if (!handler) throw new Error(`no handler ${name}`);
      reply = { id, output: await handler(input as never) };
    } catch (error) {
      reply = { id, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    process.send?.(reply);
  });
}
