import type { InterfaceName } from '../../contracts/states';
import { dataPushFormat } from './dataPush';
import type { CallbackFormat } from './format';
import { nativeFormat } from './native';

/** One callback format per interface. */
export const CALLBACK_FORMATS: Record<InterfaceName, CallbackFormat> = {
  native: nativeFormat,
  'data-push': dataPushFormat,
};
