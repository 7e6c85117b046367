import { build } from './compile.mjs';
import { ensureDependencies } from './ensure.mjs';

ensureDependencies();
await build();
