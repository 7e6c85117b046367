import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { OPERATION_ROUTES, ROUTES } from '../../../src/api/server';
import { TASK_QUEUE } from '../../../src/contracts/ids';

const ROOT = join(__dirname, '../../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const values: { ingress: { paths: string[] } } = parse(read('deploy/helm/postrider/values.yaml'));
const chart: { appVersion: string } = parse(read('deploy/helm/postrider/Chart.yaml'));

/** As an Ingress compares a `Prefix`: by whole parts of the path. */
const isOpen = (path: string) =>
  values.ingress.paths.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));

test('the Ingress of the chart opens every route but those for the cluster alone', () => {
  const inside = new Set(OPERATION_ROUTES.map(({ path }) => path));
  const closed = ROUTES.map(({ path }) => path).filter((path) => !isOpen(path));
  expect(closed.filter((path) => path !== '/' && !inside.has(path))).toEqual([]);
  expect([...inside].filter(isOpen)).toEqual([]);
});

test('every path of the Ingress leads to a route', () => {
  for (const prefix of values.ingress.paths) {
    expect(ROUTES.some(({ path }) => path === prefix || path.startsWith(`${prefix}/`))).toBe(true);
  }
});

test('the chart installs the release that it comes with', () => {
  expect(chart.appVersion).toBe(JSON.parse(read('package.json')).version);
});

test('KEDA looks at the task queue of the workers', () => {
  expect(read('deploy/helm/postrider/templates/autoscaling.yaml')).toContain(`taskQueue: ${TASK_QUEUE}\n`);
});
