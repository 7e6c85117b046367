/**
 * A cancellation covers what is committed by statements that had not seen it. None lives longer than this: twice the
 * statement timeout and more. After it, a sweep that finds nothing closes the cancellation.
 */
export const STAYS_OPEN = '20 s';
