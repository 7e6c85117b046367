import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import { parse } from 'yaml';
import { loadConfig } from '../../../src/config/config';

/**
 * The published schema of Compose files, as it stands in compose-go, Docker Compose's own reader:
 * github.com/compose-spec/compose-go/v2 v2.16.2, schema/compose-spec.json (Apache-2.0).
 */
const SCHEMA = JSON.parse(readFileSync(join(__dirname, '../../support/compose.schema.json'), 'utf8'));
const ROOT = join(__dirname, '../../..');
const COMPOSE = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
const ENV_EXAMPLE = readFileSync(join(ROOT, '.env.example'), 'utf8');
const DOCKERFILE = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');

interface Service {
  image: string;
  user?: string;
  environment: Record<string, string>;
  healthcheck?: { test?: string[]; disable?: boolean };
  ports?: string[];
  volumes?: string[];
  networks: string[];
  depends_on?: Record<string, { condition: string }>;
  read_only?: boolean;
  deploy?: { resources: { limits: { memory?: string; pids?: number } } };
}

const compose: { services: Record<string, Service>; volumes: object; networks: Record<string, unknown> } = parse(
  COMPOSE,
  {
    merge: true,
  },
);
const services = Object.entries(compose.services);

/** Every `${…}` of the file: its name, and what comes after it. */
const variables = [...COMPOSE.matchAll(/\$\{(\w+)([^}]*)\}/g)].map(([, name = '', rest = '']) => ({ name, rest }));

const waits = services.flatMap(([, { depends_on = {} }]) => Object.entries(depends_on));
const runsOnce = new Set(
  waits.filter(([, { condition }]) => condition === 'service_completed_successfully').map(([name]) => name),
);

/** As Compose replaces variables in one service's environment. */
function interpolated(environment: Record<string, string>, values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, text]) => [
      name,
      text.replace(/\$\{(\w+)[^}]*\}/g, (_, key) => values[key] ?? ''),
    ]),
  );
}

function service(name: string): Service {
  const found = compose.services[name];
  if (!found) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
}

const validate = new Ajv2020({ strict: false, allErrors: true }).compile(SCHEMA);

test('docker-compose.yml is a Compose file by the published schema', () => {
  validate(compose);
  expect(validate.errors).toBeNull();
});

test('the schema refuses what is not one', () => {
  expect(validate({ services: { api: { image: 'postrider', health_check: {} } } })).toBe(false);
});

describe('secrets', () => {
  test('every one must be set: it has no default', () => {
    const secrets = variables.filter(({ name }) => /PASSWORD|KEY/.test(name));
    expect(new Set(secrets.map(({ name }) => name))).toEqual(
      new Set(['POSTGRES_PASSWORD', 'TEMPORAL_POSTGRES_PASSWORD', 'SECRETS_KEY', 'OPERATOR_KEY']),
    );
    for (const { rest } of secrets) expect(rest).toMatch(/^:\?./);
  });

  test('none stands in a service as plain text', () => {
    for (const [, { environment }] of services) {
      for (const [name, value] of Object.entries(environment)) {
        if (/PASSWORD|PWD|_KEY$/.test(name)) expect(value).toMatch(/^\$\{\w+:\?/);
        if (value.includes('://')) expect(value).toMatch(/:\$\{\w+:\?[^}]*\}@/);
      }
    }
  });

  test('.env.example names every variable of the file, and gives no secret', () => {
    const lines = ENV_EXAMPLE.split('\n').flatMap((line) => /^#?([A-Z_]+)=(.*)$/.exec(line)?.slice(1, 3) ?? []);
    const named = Object.fromEntries(
      Array.from({ length: lines.length / 2 }, (_, at) => [lines[2 * at], lines[2 * at + 1]]),
    );
    expect(new Set(Object.keys(named))).toEqual(new Set(variables.map(({ name }) => name)));
    for (const [name, value] of Object.entries(named)) if (/PASSWORD|KEY/.test(name)) expect(value).toBe('');
  });
});

describe('every service', () => {
  test.each(services)('%s has a health check, or runs once and is waited for', (name, { healthcheck }) => {
    if (!runsOnce.has(name)) expect(healthcheck?.test?.length).toBeGreaterThan(0);
    else expect(healthcheck).toEqual({ disable: true });
  });

  test.each(services)('%s names the version of its image', (_, { image }) => {
    expect(image).toMatch(/:(local|\d+\.\d+(\.\d+)?)$/);
  });

  test.each(services)('%s has a limit of memory and of processes', (_, { deploy }) => {
    expect(deploy?.resources.limits).toEqual({ memory: expect.stringMatching(/^\d+[mg]$/), pids: expect.any(Number) });
  });

  test.each(services)('%s publishes ports on 127.0.0.1 only', (_, { ports = [] }) => {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\$\{\w+:-\d+\}:\d+$/);
  });

  test.each(services)('%s mounts files that are there, and volumes that are declared', (_, { volumes = [] }) => {
    for (const volume of volumes) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('./')) expect(existsSync(join(ROOT, source))).toBe(true);
      else expect(Object.keys(compose.volumes)).toContain(source);
    }
  });

  test.each(services)('%s waits for services that are there, until they are well', (_, { depends_on = {} }) => {
    for (const [name, { condition }] of Object.entries(depends_on)) {
      expect(Object.keys(compose.services)).toContain(name);
      expect(condition).toBe(runsOnce.has(name) ? 'service_completed_successfully' : 'service_healthy');
    }
  });
});

describe('postrider', () => {
  test.each(['api', 'worker'])('%s has a role of its own, is not root and cannot write its own files', (role) => {
    const { environment, user, read_only } = service(role);
    expect(environment.ROLE).toBe(role);
    expect(user).toBe('node');
    expect(read_only).toBe(true);
  });

  test.each(['api', 'worker'])(
    '%s starts from a configuration that is in order, with nothing embedded and no way in',
    (role) => {
      const values = {
        POSTGRES_PASSWORD: 'a1b2',
        SECRETS_KEY: Buffer.alloc(32).toString('base64'),
        OPERATOR_KEY: `pr_operator_${'a'.repeat(64)}`,
      };
      const config = loadConfig({ ...interpolated(service(role).environment, values), HOST: '0.0.0.0', PORT: '8080' });
      expect(config).toMatchObject({
        role,
        databaseUrl: 'postgresql://postrider:a1b2@postgres:5432/postrider',
        temporal: { namespace: 'postrider', connection: { address: 'temporal:7233' } },
        operatorKey: values.OPERATOR_KEY,
        egressAllow: [],
      });
    },
  );

  test('both roles have the same configuration but for the role', () => {
    const { ROLE: _api, ...api } = service('api').environment;
    const { ROLE: _worker, ...worker } = service('worker').environment;
    expect(worker).toEqual(api);
  });

  test('workers can be many: nothing of one is there only once', () => {
    expect(service('worker')).not.toHaveProperty('ports');
    expect(service('worker')).not.toHaveProperty('container_name');
  });

  test('servers are in networks without a way out, and publish nothing', () => {
    for (const name of ['postgres', 'temporal', 'temporal-postgres', 'temporal-schema', 'temporal-namespace']) {
      for (const network of service(name).networks) expect(compose.networks[network]).toEqual({ internal: true });
      expect(service(name)).not.toHaveProperty('ports');
    }
  });

  test.each(['api', 'worker'])('of the servers, %s reaches PostgreSQL and Temporal alone', (role) => {
    const { networks } = service(role);
    const met = services.filter(([, other]) => other.networks.some((network) => networks.includes(network)));
    const servers = met.map(([name]) => name).filter((name) => !runsOnce.has(name));
    expect(new Set(servers)).toEqual(new Set(['api', 'worker', 'postgres', 'temporal']));
  });

  test('callbacks are closed to the ports of these that no setting names', () => {
    expect(service('worker').environment.EGRESS_DENY?.split(',')).toEqual(['temporal:9090', 'api:8080', 'worker:8080']);
    expect(service('temporal').environment.PROMETHEUS_ENDPOINT).toBe('0.0.0.0:9090');
  });
});

describe('Dockerfile', () => {
  test('runs as a user who is not root, with a health check', () => {
    const last = DOCKERFILE.slice(DOCKERFILE.lastIndexOf('\nFROM '));
    expect(/^USER (\w+)$/m.exec(last)?.[1]).toBe('node');
    expect(last.indexOf('USER node')).toBeLessThan(last.indexOf('CMD ["node", "--max'));
    expect(last).toMatch(/^HEALTHCHECK /m);
    expect(DOCKERFILE).toMatch(/^ARG NODE_IMAGE=node:\d+\.\d+\.\d+-/m);
  });

  test('copies only what .dockerignore lets in', () => {
    const allowed = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('!'));
    const copied = [...DOCKERFILE.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) =>
      sources.split(' '),
    );
    expect(copied.length).toBeGreaterThan(0);
    for (const source of copied) expect(allowed).toContain(`!${source}`);
    for (const line of allowed) expect(existsSync(join(ROOT, line.slice(1)))).toBe(true);
  });
});

test.each(['schema.sh', 'namespace.sh'])('docker/temporal/%s is a shell script by the shell itself', (name) => {
  execFileSync('sh', ['-n', join(ROOT, 'docker/temporal', name)]);
});
