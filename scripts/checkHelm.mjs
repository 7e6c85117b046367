// node scripts/checkHelm.mjs: lints the Helm chart, renders it for every switch, and compares what comes out with the
// schemas of Kubernetes and with what each switch is for. It says so where helm cannot be had.
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { fail, ROOT, say } from './common.mjs';
import { CASES, REFUSED } from './helm/cases.mjs';
import { KUBERNETES_VERSION, prepareTools, whatIsMissing } from './helm/tools.mjs';

const CHART = join(ROOT, 'deploy/helm/postrider');
/** No JSON schema of Kubernetes' own describes what operators define; the cases look at their fields. */
const DEFINED_BY_OPERATORS = 'ServiceMonitor,ScaledObject,TriggerAuthentication';

const missing = whatIsMissing();
if (missing !== null) {
  say(`The Helm chart was not checked: ${missing}.`);
  process.exit(0);
}
const tools = prepareTools();

/** Values as JSON, which is YAML, on standard input. */
function helm(command, values) {
  const args = [...command, CHART, '--kube-version', KUBERNETES_VERSION, '--values', '-'];
  return spawnSync(tools.helm, args, { input: JSON.stringify(values), encoding: 'utf8' });
}

function render(name, values) {
  const { status, stdout, stderr } = helm(['template', 'try', '--namespace', 'postrider'], values);
  if (status !== 0) fail(`${name}: helm template failed: ${stderr}`);
  const documents = parseAllDocuments(stdout).map((document) => {
    if (document.errors.length > 0) fail(`${name}: ${document.errors.join('; ')}`);
    return document.toJS();
  });
  return { text: stdout, objects: documents.filter((object) => object !== null) };
}

function compareWithSchemas(name, text) {
  const location = `${tools.schemas}/{{ .ResourceKind }}{{ .KindSuffix }}.json`;
  const args = ['-strict', '-summary', '-schema-location', location, '-skip', DEFINED_BY_OPERATORS, '-'];
  try {
    execFileSync(tools.kubeconform, args, { input: text, encoding: 'utf8' });
  } catch (error) {
    fail(`${name}: kubeconform: ${error.stdout}`);
  }
}

for (const { name, values, check } of CASES) {
  const lint = helm(['lint', '--strict'], values);
  if (lint.status !== 0) fail(`${name}: helm lint: ${lint.stdout}${lint.stderr}`);
  const { text, objects } = render(name, values);
  compareWithSchemas(name, text);
  try {
    check(objects);
  } catch (error) {
    fail(`${name}: ${error.message}`);
  }
  say(`  ${name}: ${objects.length} objects`);
}
for (const { name, values, says } of REFUSED) {
  const { status, stderr } = helm(['template', 'try'], values);
  if (status === 0 || !says.test(stderr)) fail(`${name}: must be refused with ${says}, but: ${status} ${stderr}`);
  say(`  ${name}: refused`);
}
say(`The Helm chart is in order: ${CASES.length} ways to install it, ${REFUSED.length} faults refused.`);
