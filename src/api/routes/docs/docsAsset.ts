import * as z from 'zod';
import { notFound } from '../../../services/errors';
import { problemForm } from '../../errorForm';
import { defineRoute } from '../../route';
import { ASSETS, IMAGE_TYPE, SCRIPT_TYPE, STYLE_TYPE } from './assets';
import { answerStatic, DOCUMENT_COST } from './staticDocument';

export const docsAsset = defineRoute({
  operationId: 'docsAsset',
  method: 'get',
  path: '/docs/{asset}',
  summary: 'A file of the page',
  tag: 'Operations',
  access: 'public',
  anonymousCost: DOCUMENT_COST,
  form: problemForm,
  page: true,
  params: z.object({ asset: z.string().meta({ description: 'Name of the file.', example: 'start.js' }) }),
  success: {
    status: 200,
    description: 'Its bytes.',
    mediaType: SCRIPT_TYPE,
    schema: z.string(),
    otherForms: { [STYLE_TYPE]: z.string(), [IMAGE_TYPE]: z.string() },
  },
  errors: [404],
  async handle({ params: { asset }, headers }) {
    const document = Object.hasOwn(ASSETS, asset) ? ASSETS[asset] : undefined;
    if (!document) throw notFound('file');
    return answerStatic(await document(), { headers });
  },
});
