import { runBuilt } from './ensure.mjs';

// DNS gets about half of libuv's threads: with its four, a few names that hang would stall every other one.
process.env.UV_THREADPOOL_SIZE ??= '32';
await runBuilt('src/main.js');
