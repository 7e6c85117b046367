/** On top of Swagger UI's own style, which is made for wide windows. */
export const STYLE = `body { margin: 0; }

#swagger-ui { overflow-x: clip; }

.swagger-ui .filter .operation-filter-input { box-sizing: border-box; width: 480px; max-width: calc(100vw - 20px); }

.swagger-ui .opblock-tag { flex-wrap: wrap; }

.swagger-ui .opblock-tag small { flex-basis: 100%; max-width: 75ch; order: 1; padding: 4px 0 0; }

@media (max-width: 640px) {
  .swagger-ui .wrapper { padding: 0 10px; }

  .swagger-ui .info { margin: 20px 0; }

  .swagger-ui .info .title { font-size: 28px; }

  .swagger-ui .scheme-container { padding: 15px 0; }

  .swagger-ui .opblock-tag { font-size: 20px; padding-left: 0; }

  .swagger-ui .opblock-tag-section .opblock-summary-path, .swagger-ui .opblock-summary-path { max-width: 100%; overflow-wrap: anywhere; }

  .swagger-ui .opblock-summary-method { min-width: 56px; padding: 6px 4px; }

  .swagger-ui table.parameters, .swagger-ui table.parameters > tbody, .swagger-ui table.parameters > tbody > tr,
  .swagger-ui table.parameters > tbody > tr > td, .swagger-ui table.responses-table, .swagger-ui table.responses-table > tbody,
  .swagger-ui table.responses-table > tbody > tr, .swagger-ui table.responses-table > tbody > tr > td { display: block; width: 100%; padding-left: 0; padding-right: 0; }

  .swagger-ui table.parameters > thead, .swagger-ui table.responses-table > thead { display: none; }

  .swagger-ui table.responses-table > tbody > tr > td.response-col_links { display: none; }

  .swagger-ui .opblock-body pre, .swagger-ui .opblock-body .json-schema-2020-12 { overflow-x: auto; max-width: 100%; }

  .swagger-ui .parameters-col_description input, .swagger-ui .parameters-col_description select, .swagger-ui .parameters-col_description textarea { box-sizing: border-box; width: 100%; max-width: 100%; }

  .swagger-ui .dialog-ux .modal-ux { width: 95vw; min-width: 0; }
}
`;
