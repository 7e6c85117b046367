import { runBuilt } from './ensure.mjs';

await runBuilt('src/main.js');
