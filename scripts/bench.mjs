import { runBuilt } from './ensure.mjs';

await runBuilt('bench/main.js');
