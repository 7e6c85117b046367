export { consignment } from './consignment';
export { delivery } from './delivery';
export { fanOut } from './fanOut';
export { lane } from './lane';
export { reconcile } from './reconcile';
export { retention } from './retention';
