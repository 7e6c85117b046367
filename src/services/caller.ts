import type { Role } from '../contracts/states';

/** Who makes a call, out of the key alone. */
export interface Caller {
  keyId: string;
  /** null: an operator of the installation, who acts in all tenants; or a platform producer. */
  tenantId: string | null;
  appId: string | null;
  roles: readonly Role[];
  /** The portal user that the key stands for. */
  subject: string | null;
}

export function hasRole(caller: Caller, role: Role): boolean {
  return caller.roles.includes(role) || (role === 'producer' && caller.roles.includes('platform'));
}
