/**
 * The page's script. `persistAuthorization` keeps the key in the browser's storage over a reload. The filter looks at
 * every operation: Swagger UI's own one compares the names of tags alone.
 */
export const START = `const textOf = (operation) =>
  [operation.get('method'), operation.get('path'), operation.get('operation').get('summary'), operation.get('operation').get('operationId')]
    .join(' ')
    .toLowerCase();

function opsFilter(taggedOperations, phrase) {
  const words = phrase.toLowerCase().split(/\\s+/).filter(Boolean);
  return taggedOperations
    .map((tag, name) =>
      tag.update('operations', (operations) =>
        operations.filter((operation) => words.every((word) => (name.toLowerCase() + ' ' + textOf(operation)).includes(word))),
      ),
    )
    .filter((tag) => tag.get('operations').size > 0);
}

SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  persistAuthorization: true,
  validatorUrl: null,
  plugins: [{ fn: { opsFilter } }],
});
`;
