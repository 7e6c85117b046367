/** What is sampled. */
export interface Figure {
  name: string;
  unit: string;
  /** It must not grow; the others are shown. */
  isJudged: boolean;
  /** What stands for some minutes of it. Default: the median. */
  by?: 'lowest';
}

/** `null`: not to be had at that moment, as its process was down or did not answer. */
export type Values = Record<string, number | null>;

export interface Sample {
  /** From the beginning of the load. */
  atMs: number;
  values: Values;
}

export const OPEN_WORKFLOWS = 'open workflows';
export const PENDING = 'pending deliveries';
export const CONNECTIONS = 'connections to PostgreSQL';
export const POSTGRES_MEMORY = 'PostgreSQL memory';
export const TEMPORAL_MEMORY = 'Temporal memory';
export const BUSY_CORES = 'busy cores of this machine';

export function namesOf(process: string) {
  return {
    memory: `${process} memory`,
    heap: `${process} heap`,
    openFiles: `${process} open files`,
    sockets: `${process} sockets`,
    resources: `${process} resources`,
  };
}

/**
 * Judged is what is ours: of those processes that live throughout, memory, heap and open files, and the open workflows.
 *
 * A heap fills until it is collected, at this load after minutes; its median says when that was. What was left then is its
 * lowest.
 */
export function figuresOf({ living, others }: { living: readonly string[]; others: readonly string[] }): Figure[] {
  const ofProcess = (isJudged: boolean) => (process: string) => {
    const { memory, heap, openFiles, sockets, resources } = namesOf(process);
    return [
      { name: memory, unit: 'MiB', isJudged },
      { name: heap, unit: 'MiB', isJudged, by: 'lowest' as const },
      { name: openFiles, unit: '', isJudged },
      { name: sockets, unit: '', isJudged: false },
      { name: resources, unit: '', isJudged: false },
    ];
  };
  const shown = (name: string, unit = '') => ({ name, unit, isJudged: false });
  return [
    ...living.flatMap(ofProcess(true)),
    { name: OPEN_WORKFLOWS, unit: '', isJudged: true },
    shown(PENDING),
    shown(CONNECTIONS),
    shown(POSTGRES_MEMORY, 'MiB'),
    shown(TEMPORAL_MEMORY, 'MiB'),
    ...others.flatMap(ofProcess(false)),
    shown(BUSY_CORES),
  ];
}
