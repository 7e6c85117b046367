/** How a gateway registration is called: the published heading says form-encoded, the published samples are JSON. */
export const GATEWAY_FORMATS = ['form', 'json'] as const;
export type GatewayFormat = (typeof GATEWAY_FORMATS)[number];

export const GATEWAY_CONTENT_TYPES: Record<GatewayFormat, string> = {
  form: 'application/x-www-form-urlencoded;charset=UTF-8',
  json: 'application/json',
};

/** The format of a registration, out of its interface data. Registrations older than the choice are form-encoded. */
export function gatewayFormatOf({ format }: Readonly<Record<string, unknown>>): GatewayFormat {
  return format === 'json' ? 'json' : 'form';
}
