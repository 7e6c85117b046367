/** The interfaces whose deliveries are pages of recipients, who they are for is theirs to say: the portal's alone, so far. */
export { hasPortal, PORTAL_SELECTOR, pages, TARGETS_AT_ONCE } from './portal/pages';
export { readRecipients } from './portal/recipients';
