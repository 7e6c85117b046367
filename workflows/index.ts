export { consignment } from './consignment';
export { delivery } from './delivery';
export { lane } from './lane';
export { reconcile } from './reconcile';
export { retention } from './retention';
