import { runBuilt } from './ensure.mjs';

await runBuilt('demo/main.js');
