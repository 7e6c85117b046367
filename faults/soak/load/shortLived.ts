import { Operator } from '../../driver/operator';
import { makeTenant, putTopic, type Tenant } from '../../driver/scene';
import type { Lab } from '../../lab';
import { type Repeated, repeat } from './repeat';
import { becomesSettled } from './settled';

const EVENTS = 5;
const PAUSE_MS = 8000;
/** Every third one is deleted with events that wait. */
const DROPPED_EVERY = 3;

export interface ShortLived extends Repeated {
  /** Of those that were deleted with events that waited. */
  droppedTenantId: string;
}

/**
 * Subscriptions that come and go, each with keys of its own: made, changed, paused, resumed, deleted, the keys revoked.
 *
 * Making one twice (its first answer was lost) must not deliver twice: a new one has a topic of which nothing is
 * published, and gets its own by a change, which can be repeated.
 */
export async function repeatShortLived(lab: Lab): Promise<ShortLived> {
  const kept = await makeTenant(lab);
  // What is cancelled there is no disagreement.
  const dropped = await makeTenant({ ...lab, tenantIds: [] });
  const parked = `${lab.journal.name}-parked`;
  await putTopic(lab, parked);
  let round = 0;
  const repeated = repeat(
    async () => {
      const name = `short-${++round}`;
      const isDropped = round % DROPPED_EVERY === 0;
      const passing = await Passing.make(lab, { tenant: isDropped ? dropped : kept, name, parked });
      await (isDropped ? passing.beDropped() : passing.beServed());
      await passing.end();
    },
    { pauseMs: PAUSE_MS },
  );
  return { ...repeated, droppedTenantId: dropped.tenantId };
}

interface NewKey {
  id: string;
  key: string;
}

/** One of them. */
class Passing {
  private constructor(
    private readonly lab: Lab,
    private readonly own: { tenant: Tenant; operator: Operator; keyIds: string[]; topic: string; name: string },
    private readonly id: string,
  ) {}

  static async make(
    lab: Lab,
    { tenant, name, parked }: { tenant: Tenant; name: string; parked: string },
  ): Promise<Passing> {
    const { tenantId, appId } = tenant;
    const makeKey = (body: object) => lab.operator.call<NewKey>('POST', '/v1/keys', { tenantId, ...body });
    const [producer, subscriber] = [
      await makeKey({ roles: ['producer'] }),
      await makeKey({ appId, roles: ['subscriber'] }),
    ];
    const topic = `${lab.journal.name}-${name}`;
    await putTopic(lab, topic);
    const operator = new Operator({ urls: () => lab.stack.apis.map(({ url }) => url), key: subscriber.key });
    const callbackUrl = `http://127.0.0.1:${lab.stack.callbacks.port}${pathOf(lab, name)}`;
    const { id } = await operator.call<{ id: string }>('POST', '/v1/subscriptions', {
      ...{ callbackUrl, topics: [parked], retry: Array(50).fill(2), timeoutMs: 5000 },
    });
    const own = { tenant: { ...tenant, producerKey: producer.key }, keyIds: [producer.id, subscriber.id] };
    return new Passing(lab, { ...own, operator, topic, name }, id);
  }

  async beServed(): Promise<void> {
    const { lab, own } = this;
    const { tenant, topic, name, operator } = own;
    await this.takeTopic();
    const subscription = { path: pathOf(lab, name), tenantId: tenant.tenantId, topics: [topic] };
    await lab.journal.append({ kind: 'subscription', ...subscription, ordered: false, held: false });
    await this.publish();
    await this.steer('pause');
    await this.publish();
    await this.steer('resume');
    await becomesSettled(operator, topic);
  }

  async beDropped(): Promise<void> {
    await this.steer('pause');
    await this.takeTopic();
    await this.publish();
  }

  /** Everything that the app has, also what was made twice. */
  async end(): Promise<void> {
    const { operator, keyIds } = this.own;
    const list = () => operator.call<{ data: { id: string }[] }>('GET', '/v1/subscriptions');
    for (let { data } = await list(); data.length > 0; { data } = await list()) {
      // Deleted twice is 404; the list says whether it is gone.
      for (const { id } of data) await operator.call('DELETE', `/v1/subscriptions/${id}`).catch(() => undefined);
    }
    for (const id of keyIds) await this.lab.operator.call('DELETE', `/v1/keys/${id}`);
  }

  private async takeTopic(): Promise<void> {
    await this.own.operator.call('PATCH', `/v1/subscriptions/${this.id}`, { topics: [this.own.topic] });
  }

  private async steer(verb: 'pause' | 'resume'): Promise<void> {
    await this.own.operator.call('POST', `/v1/subscriptions/${this.id}/${verb}`);
  }

  private async publish(): Promise<void> {
    const { tenant, topic } = this.own;
    await this.lab.producer.publishMany({ ...tenant, topic }, EVENTS);
  }
}

function pathOf({ journal }: Lab, name: string): string {
  return `/${journal.name}/${name}`;
}
