import { problemForm } from '../../errorForm';
import { defineRoute } from '../../route';

export const redirectToDocs = defineRoute({
  operationId: 'redirectToDocs',
  method: 'get',
  path: '/',
  summary: 'To the page with the documentation',
  tag: 'Operations',
  access: 'public',
  form: problemForm,
  success: {
    status: 302,
    description: 'The page is at `/docs`.',
    headers: { Location: 'Path of the page, relative to this one.' },
  },
  errors: [],
  async handle() {
    // Relative, so that a proxy may serve the API under a path of its own.
    return { headers: { location: 'docs' } };
  },
});
