import type { FaultCase } from '../../lab';

/** A case of neighbours on one process, and on two, which the short form leaves out unless `isShortOnTwo` says otherwise. */
export function inBothForms(
  faultCase: Omit<FaultCase, 'form'>,
  { isShortOnTwo = false } = {},
): { one: FaultCase; two: FaultCase } {
  const { name, what, isLong } = faultCase;
  return {
    one: { ...faultCase, form: 'one' },
    two: {
      ...faultCase,
      name: `${name}-two`,
      what: `${what}; on two processes`,
      form: 'two',
      isLong: isLong || !isShortOnTwo,
    },
  };
}
