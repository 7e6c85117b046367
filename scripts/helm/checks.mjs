import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { containerOf, egressPeers, environmentOf, find, kinds, reaches } from './objects.mjs';

const deployments = (objects) => ['api', 'worker'].map((part) => find(objects, 'Deployment', `try-postrider-${part}`));

export function defaults(objects) {
  const [api, worker] = deployments(objects);
  for (const deployment of [api, worker]) {
    const { spec } = deployment.spec.template;
    const container = containerOf(deployment);
    equal(spec.terminationGracePeriodSeconds, 10 + 25 + 10);
    equal(spec.automountServiceAccountToken, false);
    equal(spec.securityContext.runAsNonRoot, true);
    equal(container.securityContext.readOnlyRootFilesystem, true);
    deepEqual(container.securityContext.capabilities, { drop: ['ALL'] });
    equal(container.livenessProbe.httpGet.path, '/livez');
    equal(container.readinessProbe.httpGet.path, '/readyz');
    equal(environmentOf(container).MIGRATE, 'off');
    equal(environmentOf(container).SHUTDOWN_GRACE_S, '25');
    equal(spec.topologySpreadConstraints.length, 2);
  }
  equal(environmentOf(containerOf(api)).DRAIN_S, '10');
  equal(environmentOf(containerOf(worker)).DRAIN_S, '0');
  deepEqual(
    [api, worker].map((deployment) => environmentOf(containerOf(deployment)).ROLE),
    ['api', 'worker'],
  );
  deepEqual(environmentOf(containerOf(api)).DATABASE_URL, { secretKeyRef: { name: 'postrider', key: 'DATABASE_URL' } });

  const job = find(objects, 'Job', 'try-postrider-migrate');
  match(job.metadata.annotations['helm.sh/hook'], /pre-install,pre-upgrade/);
  deepEqual(containerOf(job).command, ['node', 'dist/src/main.js', 'migrate']);
  equal(kinds(objects).includes('Secret'), false);
  equal(objects.filter(({ kind }) => kind === 'PodDisruptionBudget').length, 2);
}

export function policies(objects) {
  for (const part of ['api', 'worker']) {
    const policy = find(objects, 'NetworkPolicy', `try-postrider-${part}`);
    deepEqual(
      policy.spec.podSelector.matchLabels,
      find(objects, 'Deployment', `try-postrider-${part}`).spec.selector.matchLabels,
    );
    for (const address of ['8.8.8.8', '2606:4700::1111'])
      ok(reaches(policy, address, 443), `${part} must reach ${address}`);
    const closed = [
      '10.1.2.4',
      '172.16.0.1',
      '192.168.1.1',
      '100.64.0.1',
      '169.254.169.254',
      '127.0.0.1',
      'fd00::1',
      'fe80::1',
    ];
    for (const address of closed) equal(reaches(policy, address, 443), false, `${part} must not reach ${address}`);
    ok(reaches(policy, '10.1.2.3', 5432));
    equal(reaches(policy, '10.1.2.3', 443), false);
  }
  deepEqual(find(objects, 'NetworkPolicy', 'try-postrider-worker').spec.ingress, []);
  const migrate = find(objects, 'NetworkPolicy', 'try-postrider-migrate');
  equal(reaches(migrate, '8.8.8.8', 443), false);
  ok(Number(migrate.metadata.annotations['helm.sh/hook-weight']) < 0, 'the policy comes before the Job');
}

export function secured(objects) {
  const container = containerOf(deployments(objects)[1]);
  const environment = environmentOf(container);
  deepEqual(environment.TEMPORAL_API_KEY, { secretKeyRef: { name: 'cloud', key: 'TEMPORAL_API_KEY' } });
  equal(environment.TEMPORAL_TLS_SERVER_NAME, 'temporal.example');
  equal(environment.TEMPORAL_TLS_CLIENT_CERT_PATH, '/etc/postrider/temporal-client/tls.crt');
  ok(container.volumeMounts.some(({ mountPath }) => mountPath === '/etc/postrider/temporal-ca'));
  deepEqual(environment.EGRESS_PROXY, { secretKeyRef: { name: 'proxy', key: 'url' } });
  equal(environment.MAX_EVENT_BYTES, '8000000');
  ok(egressPeers(find(objects, 'NetworkPolicy', 'try-postrider-worker')).some(({ podSelector }) => podSelector));
}

export function keda(objects) {
  const { spec } = find(objects, 'ScaledObject', 'try-postrider-worker');
  equal(spec.triggers[0].metadata.taskQueue, 'postrider');
  equal(spec.triggers[0].metadata.endpoint, 'temporal-frontend.temporal.svc:7233');
  equal(
    spec.triggers[0].authenticationRef.name,
    find(objects, 'TriggerAuthentication', 'try-postrider-temporal').metadata.name,
  );
  equal(spec.scaleTargetRef.name, deployments(objects)[1].metadata.name);
  equal(deployments(objects)[1].spec.replicas, undefined);
}

export function scaled(objects) {
  const metric = find(objects, 'HorizontalPodAutoscaler', 'try-postrider-worker').spec.metrics[0];
  equal(metric.pods.metric.name, 'postrider_attempts_in_flight');
  find(objects, 'HorizontalPodAutoscaler', 'try-postrider-api');
  for (const deployment of deployments(objects)) equal(deployment.spec.replicas, undefined);
}

export function opened(objects) {
  const { spec } = find(objects, 'Ingress', 'try-postrider');
  const { paths } = spec.rules[0].http;
  ok(paths.every(({ backend }) => backend.service.name === 'try-postrider-api'));
  equal(
    paths.some(({ path }) => /metrics|livez|readyz|healthz/.test(path) || path === '/'),
    false,
  );
  deepEqual(spec.tls, [{ hosts: ['hooks.example'], secretName: 'hooks-tls' }]);
  const monitor = find(objects, 'ServiceMonitor', 'try-postrider');
  const services = objects.filter(({ kind }) => kind === 'Service');
  for (const [label, value] of Object.entries(monitor.spec.selector.matchLabels)) {
    for (const { metadata } of services) equal(metadata.labels[label], value);
  }
}

export function byHand(objects) {
  equal(kinds(objects).includes('Job'), false);
  equal(kinds(objects).includes('NetworkPolicy'), false);
  for (const deployment of deployments(objects)) {
    equal(environmentOf(containerOf(deployment)).MIGRATE, 'auto');
    equal(deployment.spec.template.spec.topologySpreadConstraints, undefined);
  }
}
