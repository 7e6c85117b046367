import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { notFound } from '../../../services/errors';
import { problemForm } from '../../errorForm';
import { defineRoute } from '../../route';

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

const ASSETS_FOLDER = dirname(require.resolve('swagger-ui-dist/package.json'));
const ASSETS: Record<string, string> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

export const docsPage = defineRoute({
  method: 'get',
  path: '/docs',
  summary: 'This document, as a page',
  tag: 'Operations',
  access: 'public',
  form: problemForm,
  page: true,
  success: {
    status: 200,
    description: 'Swagger UI, served without any other site.',
    mediaType: 'text/html; charset=utf-8',
    schema: z.string(),
  },
  errors: [],
  async handle() {
    return { body: PAGE };
  },
});

export const docsAsset = defineRoute({
  method: 'get',
  path: '/docs/{asset}',
  summary: 'A file of the page',
  tag: 'Operations',
  access: 'public',
  form: problemForm,
  page: true,
  params: z.object({ asset: z.string() }),
  success: { status: 200, description: 'Its bytes.', mediaType: 'application/octet-stream', schema: z.string() },
  errors: [404],
  async handle({ params: { asset } }) {
    if (asset === 'start.js') return { headers: { 'content-type': 'text/javascript; charset=utf-8' }, body: START };
    const type = Object.hasOwn(ASSETS, asset) ? ASSETS[asset] : undefined;
    if (!type) throw notFound('file');
    const headers = { 'content-type': type, 'cache-control': 'public, max-age=3600' };
    return { headers, body: await readFile(join(ASSETS_FOLDER, asset)) };
  },
});
