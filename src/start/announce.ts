/** What a person at the terminal wants to know, once everything is up. Goes to stderr: stdout carries the log. */
export function announce({
  role,
  url,
  temporalUiUrl,
  operatorKeyFile,
}: {
  role: 'all' | 'api' | 'worker';
  url: string;
  temporalUiUrl: string | null;
  operatorKeyFile: string | null;
}): void {
  const lines = [
    '',
    '  Postrider is up.',
    '',
    ...(role === 'worker'
      ? [`  Health        ${url}/readyz`]
      : [`  API           ${url}`, `  API docs      ${url}/docs`]),
    ...(temporalUiUrl ? [`  Temporal UI   ${temporalUiUrl}`] : []),
    `  Operator key  ${operatorKeyFile ?? 'as given in OPERATOR_KEY'}`,
    '',
    '  Stop with Ctrl-C.',
    '',
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
}
