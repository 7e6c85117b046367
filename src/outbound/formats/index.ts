import type { InterfaceName } from '../../contracts/states';
import type { Patterns } from '../patterns/patterns';
import { createCmdbFormat } from './cmdb';
import { dataPushFormat } from './dataPush';
import type { CallbackFormat } from './format';
import { gatewayFormat } from './gateway';
import { nativeFormat } from './native';
import { createPortalFormat, type RecipientPage } from './portal';

export type CallbackFormats = Record<InterfaceName, CallbackFormat>;

/** One callback format per interface. */
export function createCallbackFormats({
  pageOf,
  patterns,
}: {
  pageOf(deliveryId: string): Promise<RecipientPage>;
  patterns: Pick<Patterns, 'isFound'>;
}): CallbackFormats {
  return {
    native: nativeFormat,
    'data-push': dataPushFormat,
    cmdb: createCmdbFormat(patterns),
    gateway: gatewayFormat,
    portal: createPortalFormat(pageOf),
  };
}
