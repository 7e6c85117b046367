/** On top of Swagger UI's own style, which is made for wide windows. */
export const STYLE = `body { margin: 0; }

.swagger-ui .markdown p, .swagger-ui .renderedMarkdown p { max-width: 75ch; }

@media (max-width: 640px) {
  .swagger-ui .wrapper { padding: 0 10px; }
  .swagger-ui .info { margin: 20px 0; }
  .swagger-ui .scheme-container { padding: 15px 0; }
}
`;
