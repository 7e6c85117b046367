import { build } from './compile.mjs';
import { ensureDependencies } from './ensure.mjs';

await ensureDependencies();
await build();
