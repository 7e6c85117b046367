import { Worker } from 'node:worker_threads';
import { FairQueue, type Share } from '../../domain/fairness/fairQueue';
import { threadCpuMs } from './threadCpu';

/**
 * CPU time of one question. The engine is linear: the largest program that may be registered takes 3 s for 64 KiB. What
 * takes ten times that is stuck by a fault of the engine, and would be stuck for ever.
 */
const CPU_BUDGET_MS = 30_000;
const LOOK_EVERY_MS = 1_000;
/** A thread can end under a question that is not to blame, for lack of memory: it is asked once more, of a new one. */
const MAX_TRIES = 2;
const RESTART_AFTER_MS = 1_000;

const SCRIPT = `
const { parentPort, workerData } = require('node:worker_threads');
const { readlinkSync } = require('node:fs');
const { setPriority } = require('node:os');
const { RE2JS } = require(workerData.engine);
const { niceness, maxSteps } = workerData;
const threadId = () => { try { return readlinkSync('/proc/thread-self').split('/').pop(); } catch { return null; } };
const id = threadId();
// Linux takes a thread's id for a process's here. Elsewhere there is no id, and every thread has the same priority.
if (id !== null && niceness > 0) setPriority(Number(id), niceness);
parentPort.postMessage({ threadId: id });
parentPort.on('message', ({ pattern, body }) => {
  try {
    const compiled = RE2JS.compile(pattern);
    const programSize = compiled.programSize();
    const isTooCostly = body !== null && programSize * body.length > maxSteps;
    const isFound = body && !isTooCostly && compiled.test(new TextDecoder().decode(body));
    parentPort.postMessage({ answer: { programSize, isTooCostly, isFound, error: null } });
  } catch (error) {
    parentPort.postMessage({ answer: { programSize: 0, isTooCostly: false, isFound: false, error: error.message } });
  }
});
`;

export interface PatternAnswer {
  programSize: number;
  /** It was compiled only: to look for it could take more than `maxSteps`. */
  isTooCostly: boolean;
  isFound: boolean;
  /** What is wrong with the pattern. */
  error: string | null;
}

export interface PatternQuestion {
  /** Its cost counts in the turns that tenants take. */
  share: Share;
  pattern: string;
  /** null: only whether the pattern is one. */
  body: Uint8Array | null;
}

interface Waiting extends PatternQuestion {
  tries: number;
  answer(answer: PatternAnswer | null): void;
}

type Message = { threadId: string | null } | { answer: PatternAnswer };

export interface PatternThreadOptions {
  /** Instructions times bytes that a search may take at worst. Default: no limit. */
  maxSteps?: number;
  /** The higher, the more of the CPU everything else has (nice(2)). Default 0: as the process. */
  niceness?: number;
  /** Default 30,000. */
  cpuBudgetMs?: number;
}

/**
 * Compiles regular expressions and finds them in large texts beside the event loop. One question at a time. Those that
 * wait are taken by fair queueing, and wait as long as it takes: a question is given up for its own CPU time alone. The
 * thread starts with the first question and does not keep the process alive.
 */
export class PatternThread {
  private readonly waiting = new FairQueue<Waiting>();
  private asked: Waiting | null = null;
  private worker: Worker | null = null;
  private watch: NodeJS.Timeout | undefined;
  private threadId: string | null = null;
  private isReady = false;

  constructor(private readonly options: PatternThreadOptions = {}) {}

  /** @returns null when it used up its CPU time. Never rejects. */
  ask(question: PatternQuestion): Promise<PatternAnswer | null> {
    return new Promise((answer) => {
      this.waiting.push({ ...question, tries: 0, answer }, question.share);
      this.askNext();
    });
  }

  private askNext(): void {
    if (this.asked || this.waiting.size === 0) return;
    this.worker ??= this.start();
    // Its start is nobody's CPU time.
    if (!this.isReady) return;
    const next = this.waiting.shift();
    if (!next) return;
    next.tries++;
    this.asked = next;
    this.watchCpu();
    this.worker.postMessage({ pattern: next.pattern, body: next.body });
  }

  private start(): Worker {
    const { niceness = 0, maxSteps = Number.POSITIVE_INFINITY } = this.options;
    const workerData = { engine: require.resolve('re2js'), niceness, maxSteps };
    const worker = new Worker(SCRIPT, { eval: true, workerData });
    this.isReady = false;
    worker.on('message', (message: Message) => {
      if (this.worker !== worker) return;
      if ('answer' in message) {
        this.settle(message.answer);
        return;
      }
      this.threadId = message.threadId;
      this.isReady = true;
      this.askNext();
    });
    worker.on('error', () => this.worker === worker && this.restart());
    // After the listeners: adding one to `message` would hold the process again.
    worker.unref();
    return worker;
  }

  private watchCpu(): void {
    const usedBeforeMs = threadCpuMs(this.threadId) ?? 0;
    const startedAtMs = performance.now();
    const { cpuBudgetMs = CPU_BUDGET_MS } = this.options;
    this.watch = setInterval(
      () => {
        const usedMs = threadCpuMs(this.threadId);
        const spentMs = usedMs === null ? performance.now() - startedAtMs : usedMs - usedBeforeMs;
        if (spentMs <= cpuBudgetMs) return;
        // It would take as long once more.
        if (this.asked) this.asked.tries = MAX_TRIES;
        this.restart();
      },
      Math.min(LOOK_EVERY_MS, cpuBudgetMs),
    );
    this.watch.unref();
  }

  /** What the thread is at, it is not let finish. */
  private restart(): void {
    void this.worker?.terminate();
    this.worker = null;
    const unanswered = this.asked;
    if (!unanswered) {
      // It ended before it could be asked anything: the next one may find more memory.
      setTimeout(() => this.askNext(), RESTART_AFTER_MS).unref();
      return;
    }
    if (unanswered.tries >= MAX_TRIES) {
      this.settle(null);
      return;
    }
    this.asked = null;
    clearInterval(this.watch);
    this.waiting.push(unanswered, unanswered.share);
    this.askNext();
  }

  private settle(answer: PatternAnswer | null): void {
    const answered = this.asked;
    this.asked = null;
    clearInterval(this.watch);
    answered?.answer(answer);
    this.askNext();
  }
}
