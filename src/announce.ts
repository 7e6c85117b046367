/** What a person at the terminal wants to know, once everything is up. Goes to stderr: stdout carries the log. */
export function announce({
  url,
  temporalUiUrl,
  operatorKeyFile,
}: {
  url: string;
  temporalUiUrl: string | null;
  operatorKeyFile: string | null;
}): void {
  const lines = [
    '',
    '  Postrider is up.',
    '',
    `  API           ${url}`,
    `  API docs      ${url}/docs`,
    ...(temporalUiUrl ? [`  Temporal UI   ${temporalUiUrl}`] : []),
    `  Operator key  ${operatorKeyFile ?? 'as given in OPERATOR_KEY'}`,
    '',
    '  Stop with Ctrl-C.',
    '',
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
}
