import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { START } from './start';
import { madeOnce, makeStatic, type StaticDocument } from './staticDocument';
import { STYLE } from './style';

export const SCRIPT_TYPE = 'text/javascript; charset=utf-8';
export const STYLE_TYPE = 'text/css; charset=utf-8';
export const IMAGE_TYPE = 'image/png';
const SWAGGER_UI = dirname(require.resolve('swagger-ui-dist/package.json'));

const file = (name: string, mediaType: string) =>
  madeOnce(async () => makeStatic(await readFile(join(SWAGGER_UI, name)), mediaType));

/** The files of the page, by name. */
export const ASSETS: Record<string, () => Promise<StaticDocument>> = {
  'swagger-ui.css': file('swagger-ui.css', STYLE_TYPE),
  'swagger-ui-bundle.js': file('swagger-ui-bundle.js', SCRIPT_TYPE),
  'favicon-32x32.png': file('favicon-32x32.png', IMAGE_TYPE),
  'style.css': madeOnce(() => makeStatic(STYLE, STYLE_TYPE)),
  'start.js': madeOnce(() => makeStatic(START, SCRIPT_TYPE)),
};
