import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultCase, Lab } from '../lab';
import { waitUntilDelivered } from '../quiet';
import type { Stack } from '../stack/stack';
import { hurt, kindsFor } from './faults';
import { judge, type Row } from './judge';
import { repeatHistories } from './load/histories';
import { repeatPortal } from './load/portal';
import { repeatShortLived } from './load/shortLived';
import { makeStanding } from './load/standing';
import { planFaults } from './plan';
import { type Figure, figuresOf, type Sample } from './samples/figures';
import { startSampler } from './samples/sampler';

const CANCELLED_WITHIN_MS = 120_000;
/** The last that failed has a minute to wait, and a sick lane its probe. */
const QUIET_WITHIN_MS = 600_000;

/** What a soak leaves besides its verdict. */
export interface Soaked {
  figures: Figure[];
  samples: readonly Sample[];
  rows: Row[];
}

export interface SoakOptions {
  lengthMs: number;
  /** Called with each fault that has healed, in words. */
  onHealed(what: string): void;
  onSoaked(soaked: Soaked): Promise<void>;
}

/** A case like those of `npm run faults`, that also looks at what the processes hold. */
export function createSoak({ lengthMs, onHealed, onSoaked }: SoakOptions): FaultCase {
  return {
    name: 'soak',
    what: 'mixed load with random faults, after which nobody holds more than before',
    quietWithinMs: QUIET_WITHIN_MS,
    async run(lab) {
      const load = await startLoad(lab);
      const living = livingOf(lab.stack);
      const sampler = startSampler(lab.stack);
      try {
        await hurtFor(lab, { lengthMs, onHealed });
        reportDeaths(lab, living);
      } catch (error) {
        load.abandon();
        throw error;
      } finally {
        // What there is of a run that has failed may say why.
        sampler.stop();
        const { samples } = sampler;
        const others = lab.stack.processes.filter(({ name }) => !living.has(name)).map(({ name }) => name);
        const figures = figuresOf({ living: [...living.keys()], others });
        const rows = judge({ figures, samples, lengthMs });
        reportGrowth(lab, rows);
        await onSoaked({ figures, samples, rows });
      }
      await load.end();
    },
  };
}

/** The first of each role are never killed. By name, with their process ids. */
function livingOf({ apis, workers }: Stack): Map<string, number | null> {
  return new Map([...apis.slice(0, 1), ...workers.slice(0, 1)].map(({ name, pid }) => [name, pid]));
}

function reportGrowth({ report }: Lab, rows: readonly Row[]): void {
  for (const { name, unit, early, late, holds } of rows) {
    if (holds === false) report(`grew: ${name} from ${early.toFixed(1)} to ${late.toFixed(1)} ${unit}`.trimEnd());
  }
}

/** What has started anew has not shown what it holds after half an hour. */
function reportDeaths({ stack, report }: Lab, living: Map<string, number | null>): void {
  for (const { name, pid } of stack.processes) {
    if (living.has(name) && living.get(name) !== pid) report(`died: ${name} is not the process that it was`);
  }
}

async function hurtFor(lab: Lab, { lengthMs, onHealed }: Pick<SoakOptions, 'lengthMs' | 'onHealed'>): Promise<void> {
  const startMs = performance.now();
  const until = (atMs: number) => sleep(Math.max(0, startMs + atMs - performance.now()));
  for (const { atMs, kind } of planFaults({ kinds: kindsFor(lab.stack), lengthMs, random: lab.random })) {
    await until(atMs);
    onHealed(await hurt(lab, kind));
  }
  await until(lengthMs);
}

interface Load {
  /** Resolves when all of it is delivered. */
  end(): Promise<void>;
  /** What is under way fails, and nobody waits for it. */
  abandon(): void;
}

async function startLoad(lab: Lab): Promise<Load> {
  const { producer, receiver, stack, rate, report } = lab;
  const standing = await makeStanding(lab);
  const { tenant } = standing;
  const portal = await repeatPortal(lab, tenant);
  const shortLived = await repeatShortLived(lab);
  const histories = await repeatHistories(lab, tenant);
  const load = producer.startLoad({ targets: standing.targets, perSecond: rate });
  return {
    async end() {
      await stack.restore();
      await load.stop();
      await Promise.all([portal, shortLived, histories].map((one) => one.stop()));
      receiver.acknowledgeAll();
      await waitUntilDelivered(stack, { tenantIds: lab.tenantIds, withinMs: QUIET_WITHIN_MS });
      // Until here, as the last of a push task may have met a 410.
      await standing.activation.stop();
      await reportPortal(lab, { tenantId: tenant.tenantId, published: portal.published() });
      const tenantIds = [shortLived.droppedTenantId];
      if ((await waitUntilDelivered(stack, { tenantIds, withinMs: CANCELLED_WITHIN_MS })) === null) {
        report('what a deleted subscription left is still pending');
      }
    },
    abandon() {
      for (const one of [load, standing.activation, portal, shortLived, histories]) one.stop().catch(() => undefined);
    },
  };
}

/** Its callbacks are not in the journal. */
async function reportPortal(
  { stack, report }: Lab,
  { tenantId, published }: { tenantId: string; published: number },
): Promise<void> {
  const [row] = await stack.postgres.query<{ count: string }>(
    `SELECT count(*) FROM deliveries d JOIN subscriptions s ON s.id = d.subscription_id
     WHERE s.interface = 'portal' AND s.tenant_id = $1 AND d.state = 'delivered'`,
    [tenantId],
  );
  const delivered = Number(row?.count);
  if (delivered !== published) report(`lost: of ${published} events for the portal ${delivered} were delivered`);
}
