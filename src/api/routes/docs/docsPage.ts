import * as z from 'zod';
import { problemForm } from '../../errorForm';
import { defineRoute } from '../../route';
import { answerStatic, DOCUMENT_COST, madeOnce, makeStatic } from './staticDocument';

/** Nothing is written inline, so the page's policy can forbid inline scripts. Names are relative to the page. */
const PAGE = `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Postrider API</title>
  <link rel="stylesheet" href="docs/swagger-ui.css">
  <link rel="stylesheet" href="docs/style.css">
  <link rel="icon" type="image/png" href="docs/favicon-32x32.png" sizes="32x32">
</head>
<body>
  <div id="swagger-ui"></div>
  <script src="docs/swagger-ui-bundle.js"></script>
  <script src="docs/start.js"></script>
</body>
</html>
`;

const HTML = 'text/html; charset=utf-8';
const page = madeOnce(() => makeStatic(PAGE, HTML));

export const docsPage = defineRoute({
  operationId: 'docsPage',
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
