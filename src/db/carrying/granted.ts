/** Delivery `d` is of its own tenant's event, or of one whose tenant still grants it to the app. */
export const GRANTED = `(d.event_tenant_id = d.tenant_id OR EXISTS (
    SELECT FROM app_grants g
    WHERE g.tenant_id = d.tenant_id AND g.app_id = d.app_id AND g.granting_tenant_id = d.event_tenant_id))`;
