import * as z from 'zod';
import { problemForm } from '../../../errorForm';
import { locationOf } from '../../../location';
import { readOnly, requireUnchanged } from '../../../readOnly';
import { defineRoute } from '../../../route';
import { targetTypeAnswer } from '../answers';
import { name, targetTypePath } from '../shapes';

const uuid = z
  .string()
  .regex(/^[A-Za-z0-9-]{8,64}$/, { error: 'must be 8 to 64 letters, digits and -' })
  .meta({
    description: 'Id by which JSON:API relationships name it: 8 to 64 letters, digits and `-`.',
    example: '18926ba9-4a93-429d-ae63-27836af5d366',
  });

export const putTargetType = defineRoute({
  operationId: 'putTargetType',
  method: 'put',
  path: '/v1/target-types/{number}',
  summary: 'Put a target type into the catalogue, or replace its entry',
  description:
    "The portal's categories of what can be subscribed. Without a uuid the entry keeps the one it has; a new one gets " +
    'one. By an operator of the installation.',
  tag: 'Catalogue',
  access: ['operator'],
  form: problemForm,
  params: targetTypePath,
  body: z
    .strictObject({ name: name.meta({ example: 'News' }), uuid: uuid.nullish(), number: readOnly })
    .meta({ id: 'TargetTypeEntry' }),
  success: { status: 200, description: 'Replaced.', schema: targetTypeAnswer },
  otherAnswers: { 201: { description: 'Made.', schema: targetTypeAnswer } },
  errors: [409],
  async handle({ caller, params, body: { name, uuid = null, ...given }, services }) {
    requireUnchanged(given, params);
    const put = await services.targetTypes.put(caller, { ...params, name, uuid });
    return put.created
      ? { status: 201, headers: locationOf('v1', 'target-types', params.number), body: put.targetType }
      : { body: put.targetType };
  },
});
