/** Groups of the OpenAPI document, each with its introduction, in the order in which a reader meets them: native first. */
export const TAGS = {
  Subscriptions:
    'Who wants which topics, where they are delivered, and how often an attempt is repeated. A subscription is paused and ' +
    'resumed here; its signing secrets are read and rotated here.',
  Events: 'What producers have published, each with its deliveries.',
  Deliveries:
    'One event for one subscription, with every attempt. A failed delivery is sent again with `retry`; a pending one that ' +
    'nobody wants any more ends with `cancel`.',
  Lanes:
    'Where deliveries of one subscription wait together: for their order, their history, a pause, or a receiver that does ' +
    'not answer. An ordered subscription has one lane per topic, any other subscription has one.',
  Publish: 'The interface of producers: `POST /api/publish` takes one event and answers when it is committed to disk.',
  'Tenants and apps':
    'Who uses the installation. A tenant owns apps; an app receives the events of its own tenant, and those of tenants ' +
    'that grant it theirs.',
  Keys: 'Credentials: each has roles, and belongs to the installation, a tenant, an app or a portal user.',
  Catalogue:
    'The topics, and the target types of the portal, that can be subscribed. One catalogue serves every tenant.',
  'Data push':
    'Business topics, delivered in order. Each topic of a registration is a push task (a lane): what arrives before the ' +
    'history is processed is held, and a failure holds up what follows.',
  CMDB:
    'CMDB event subscription. Answers carry an envelope: `result` says whether the call succeeded, also where the HTTP ' +
    'status is 200.',
  'Gateway messages':
    'Messages by event tag. A callback is verified before it is registered; failed messages are listed here.',
  Portal: 'Message subscriptions of portal users and the defaults of the system, as JSON:API documents.',
  Operations: 'Health, readiness and metrics of one process, and this document.',
  Callbacks:
    'What Postrider sends: one signed POST per attempt, in the format of the interface over which the subscription was ' +
    'made. Verify the signature over the raw body before you parse it (docs/verifying-callbacks.md).',
} as const;

export type Tag = keyof typeof TAGS;
