import { callOf } from '../../neighbours/ask';
import { type Act, type Steered, steer } from '../../neighbours/steered';
import { inBothForms } from './forms';

const subscriptionOf = ({ subscriptionId }: Steered) => `/v1/subscriptions/${subscriptionId}`;

const ACTS: readonly Act[] = [
  {
    name: 'withdraw grant',
    isGranted: true,
    isOperators: true,
    call: ({ subscriberKey, tenantId, appId, source }) =>
      callOf(subscriberKey, 'DELETE', `/v1/apps/${tenantId}/${appId}/grants/${source.tenantId}`),
  },
  {
    name: 'change callback',
    // To where every call is answered at once: the callbacks that are counted are those to the old address.
    call: (steered, { receiver }) =>
      callOf(steered.subscriberKey, 'PATCH', subscriptionOf(steered), { callbackUrl: receiver.urlOf('/moved') }),
  },
  {
    name: 'rotate secret',
    call: (steered) =>
      callOf(steered.subscriberKey, 'POST', `${subscriptionOf(steered)}/secret/rotate`, { overlapSeconds: 0 }),
    contradicts: (answer) => {
      const { secret } = answer as { secret: string };
      return (callback) => !callback.isSignedWith(secret);
    },
  },
  {
    name: 'delete',
    call: (steered) => callOf(steered.subscriberKey, 'DELETE', subscriptionOf(steered)),
  },
  {
    name: 'pause',
    call: (steered) => callOf(steered.subscriberKey, 'POST', `${subscriptionOf(steered)}/pause`),
  },
];

export const steering = inBothForms({
  name: 'steered-under-load',
  what: 'grant withdrawn, callback changed, secret rotated, deleted, paused while hundreds wait: who calls after the answer?',
  async run(lab) {
    // Side by side: each has a tenant of its own.
    await Promise.all(ACTS.map((act) => steer(lab, act)));
  },
});
