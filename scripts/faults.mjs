import { runBuilt } from './ensure.mjs';

await runBuilt('faults/main.js');
