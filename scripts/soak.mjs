import { runBuilt } from './ensure.mjs';

await runBuilt('faults/soak/main.js');
