/** An event that gateway messages can be registered for (gateway.md, the table). */
export interface EventTag {
  group: string;
  function: string;
  /** The event's topic and type, joined by a bar. */
  eventTag: string;
  /** Of a message, with values for an example: producers decide what is in it. */
  content: Readonly<Record<string, unknown>>;
}

const TENANT = 196_729;

function contacts(name: string, tag: string): EventTag {
  const content = { tag, tenantId: TENANT, organizationCodes: ['GO_b3ddd0b9'], employeeCodes: ['GE_5ba1b5a2'] };
  return { group: 'Contacts', function: name, eventTag: `MOZI_VDS_TENANT_CHANGE|${tag}`, content };
}

function account(name: string, tag: string): EventTag {
  const content = {
    Namespace: 'local',
    AccountType: 1,
    Account: 'ann',
    RealmId: TENANT,
    AccountId: 1_000_001,
    EmployeeCode: 'GE_5ba1b5a2',
    Source: 'console',
    TimeStamp: 1_767_225_600_000,
  };
  return { group: 'Account change', function: name, eventTag: `MOZI_BUC_ACCOUNT_MODIFY_REALM|${tag}`, content };
}

function clientAck(name: string, tag: string, content: EventTag['content']): EventTag {
  return { group: 'Notification center', function: name, eventTag: `notification_client_ack|${tag}`, content };
}

const PUSHED = { msgType: 'work', msgApp: 'desk', receivers: ['1001'], bizMsgId: 'b-1' };

/** In the order of the table. */
export const EVENT_TAGS: readonly EventTag[] = [
  contacts('add/update organization', 'ORGANIZATION_ADD_UPDATE'),
  contacts('organization changes parent', 'ORGANIZATION_PARENT_CHANGED'),
  contacts('delete organization', 'ORGANIZATION_REMOVE'),
  contacts('add/update staff', 'EMPLOYEE_ADD_UPDATE'),
  contacts('delete staff', 'EMPLOYEE_LEAVE'),
  contacts('associate staff with the organization', 'ORGANIZATION_ATTACH_EMPLOYEE'),
  contacts('dissociate staff from the organization', 'ORGANIZATION_DETACH_EMPLOYEE'),
  account('modify account name', 'change_account_name'),
  account('freeze account', 'frozen'),
  account('unfreeze account', 'unfrozen'),
  {
    group: 'Open platform',
    function: 'app update',
    eventTag: 'openplatform_app_update|openplatform_app_update_tag',
    content: { appName: 'desk', realmId: TENANT, updateType: '' },
  },
  {
    group: 'Notification center',
    function: 'message sent successfully',
    eventTag: 'notification_send_event|SendSuccessMsg',
    content: { bizMsgId: 'b-1', tenantId: TENANT, status: 'success', successTime: 1_767_225_600_000 },
  },
  clientAck('receipt of client message', 'SuccessAcceptMsg', {
    ...{ msgId: 'm-1', tenantId: TENANT, bizChannel: 'app', ackTime: 1_767_225_600_000 },
  }),
  clientAck('message pushed', 'nc-outBound-msg_pushed', PUSHED),
  clientAck('message failed', 'nc-outBound-msg_fail', PUSHED),
  clientAck('message withdrawn', 'nc-outBound-msg_revoked', PUSHED),
  clientAck('message read', 'nc-outBound-msg_read', PUSHED),
  {
    group: 'DING event',
    function: 'DING failed to send, returns the failed user id',
    eventTag: 'ding_create_event|FAILED_ACCOUNT_ID',
    content: { tag: 'FAILED_ACCOUNT_ID', tenantId: TENANT, accountId: 1_000_001 },
  },
];
