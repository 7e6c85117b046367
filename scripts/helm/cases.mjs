import { byHand, defaults, keda, opened, policies, scaled, secured } from './checks.mjs';

/** What an installation must say at least. */
const LEAST = {
  secret: { name: 'postrider' },
  temporal: { address: 'temporal-frontend.temporal.svc:7233' },
  networkPolicy: {
    postgres: { peers: [{ ipBlock: { cidr: '10.1.2.3/32' } }] },
    temporal: { peers: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'temporal' } } }] },
  },
};
const withValues = (values) => ({ ...LEAST, ...values });

const apiKey = { secretName: 'cloud' };
/** Each switch of values.yaml is on in one of them. */
export const CASES = [
  { name: 'what must be said', values: LEAST, check: defaults },
  { name: 'network policies', values: LEAST, check: policies },
  {
    name: 'TLS, an API key, a proxy',
    values: withValues({
      temporal: {
        ...LEAST.temporal,
        apiKey,
        tls: {
          enabled: true,
          serverName: 'temporal.example',
          clientCertSecretName: 'client',
          caSecretName: 'authority',
        },
      },
      settings: { MAX_EVENT_BYTES: 8_000_000 },
      extra: { env: [{ name: 'EGRESS_PROXY', valueFrom: { secretKeyRef: { name: 'proxy', key: 'url' } } }] },
      networkPolicy: {
        ...LEAST.networkPolicy,
        callbacks: { allow: [{ podSelector: { matchLabels: { app: 'proxy' } } }] },
      },
    }),
    check: secured,
  },
  {
    name: 'scaled by metrics',
    values: withValues({ api: { autoscaling: { enabled: true } }, worker: { autoscaling: { by: 'hpa' } } }),
    check: scaled,
  },
  {
    name: 'scaled by KEDA',
    values: withValues({ temporal: { ...LEAST.temporal, apiKey }, worker: { autoscaling: { by: 'keda' } } }),
    check: keda,
  },
  {
    name: 'an Ingress and a ServiceMonitor',
    values: withValues({
      ingress: { enabled: true, host: 'hooks.example', tlsSecretName: 'hooks-tls' },
      serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
    }),
    check: opened,
  },
  {
    name: 'migrated by hand, no policies, no spread',
    values: withValues({
      networkPolicy: { enabled: false },
      migration: { enabled: false },
      topologySpread: { enabled: false },
    }),
    check: byHand,
  },
];

export const REFUSED = [
  { name: 'no Secret', values: { temporal: LEAST.temporal }, says: /\/secret\/name/ },
  { name: 'no Temporal', values: { secret: LEAST.secret }, says: /\/temporal\/address/ },
  { name: 'a misspelt value', values: withValues({ workers: {} }), says: /'workers' not allowed/ },
  { name: 'a secret in plain text', values: withValues({ settings: { OPERATOR_KEY: 'pr_x' } }), says: /OPERATOR_KEY/ },
  { name: 'no place for PostgreSQL', values: withValues({ networkPolicy: {} }), says: /must say where PostgreSQL/ },
  { name: 'an Ingress without a host', values: withValues({ ingress: { enabled: true } }), says: /\/ingress\/host/ },
];
