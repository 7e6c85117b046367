import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { notFound } from '../../../services/errors';
import { problemForm } from '../../errorForm';
import { defineRoute } from '../../route';
import { answerStatic, DOCUMENT_COST, madeOnce, makeStatic, type StaticDocument } from './staticDocument';

/** Nothing is written inline, so the page's policy can forbid inline scripts. Names are relative to the page. */
const PAGE = `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>Postrider API</title>
  <link rel="stylesheet" href="docs/swagger-ui.css">
  <link rel="icon" type="image/png" href="docs/favicon-32x32.png" sizes="32x32">
</head>
<body>
  <div id="swagger-ui"></div>
  <script src="docs/swagger-ui-bundle.js"></script>
  <script src="docs/start.js"></script>
</body>
</html>
`;

const START = `SwaggerUIBundle({ url: 'openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null });\n`;

const HTML = 'text/html; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';
const ASSETS_FOLDER = dirname(require.resolve('swagger-ui-dist/package.json'));

const file = (name: string, mediaType: string) =>
  madeOnce(async () => makeStatic(await readFile(join(ASSETS_FOLDER, name)), mediaType));

const page = madeOnce(() => makeStatic(PAGE, HTML));
const ASSETS: Record<string, () => Promise<StaticDocument>> = {
  'swagger-ui.css': file('swagger-ui.css', 'text/css; charset=utf-8'),
  'swagger-ui-bundle.js': file('swagger-ui-bundle.js', SCRIPT),
  'favicon-32x32.png': file('favicon-32x32.png', 'image/png'),
  'start.js': madeOnce(() => makeStatic(START, SCRIPT)),
};

export const docsPage = defineRoute({
  method: 'get',
  path: '/docs',
  summary: 'This document, as a page',
  tag: 'Operations',
  access: 'public',
  anonymousCost: DOCUMENT_COST,
  form: problemForm,
  page: true,
  success: {
    status: 200,
    description: 'Swagger UI, served without any other site.',
    mediaType: HTML,
    schema: z.string(),
  },
  errors: [],
  async handle({ headers }) {
    return answerStatic(await page(), { headers });
  },
});

export const docsAsset = defineRoute({
  method: 'get',
  path: '/docs/{asset}',
  summary: 'A file of the page',
  tag: 'Operations',
  access: 'public',
  anonymousCost: DOCUMENT_COST,
  form: problemForm,
  page: true,
  params: z.object({ asset: z.string() }),
  success: { status: 200, description: 'Its bytes.', mediaType: 'application/octet-stream', schema: z.string() },
  errors: [404],
  async handle({ params: { asset }, headers }) {
    const document = Object.hasOwn(ASSETS, asset) ? ASSETS[asset] : undefined;
    if (!document) throw notFound('file');
    return answerStatic(await document(), { headers });
  },
});
