// CommonJS: whoever loads an ES module has started libuv's threads, and their number is then what it is.
// DNS gets about half of them: with its four, a few names that hang would stall every other one.
process.env.UV_THREADPOOL_SIZE ??= '32';

import('./ensure.mjs').then(({ runBuilt }) => runBuilt('src/main.js'));
