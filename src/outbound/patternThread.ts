import { Worker } from 'node:worker_threads';
import { FairQueue, type Share } from '../domain/fairness/fairQueue';
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
/** Tenants take turns by the bytes they ask about; compiling alone counts as one of these. */
const BYTES_PER_COST = 1024;

const SCRIPT = `
const { parentPort, workerData } = require('node:worker_threads');
const { readlinkSync } = require('node:fs');
const { RE2JS } = require(workerData.engine);
const threadId = () => { try { return readlinkSync('/proc/thread-self').split('/').pop(); } catch { return null; } };
parentPort.postMessage({ threadId: threadId() });
parentPort.on('message', ({ pattern, body }) => {
  try {
    const compiled = RE2JS.compile(pattern);
    const isFound = body && compiled.test(new TextDecoder().decode(body));
    parentPort.postMessage({ answer: { programSize: compiled.programSize(), isFound, error: null } });
  } catch (error) {
    parentPort.postMessage({ answer: { programSize: 0, isFound: false, error: error.message } });
  }
});
`;

interface Answer {
  programSize: number;
  isFound: boolean;
  /** What is wrong with the pattern. */
  error: string | null;
}

interface Question {
  share: Share;
  pattern: string;
  /** null: only whether the pattern is one. */
  body: Uint8Array | null;
  tries: number;
  answer(answer: Answer | null): void;
}

type Message = { threadId: string | null } | { answer: Answer };

export interface PatternThreadOptions {
  /** Default 30,000. */
  cpuBudgetMs?: number;
}

/**
 * Compiles regular expressions and finds them in large texts beside the event loop: even a linear engine can take
 * seconds for 64 KiB, in which nothing else would be delivered. One question at a time. Those that wait are taken by
 * fair queueing, and wait as long as it takes: a question is given up for its own CPU time alone. The thread starts with
 * the first question and does not keep the process alive.
 */
export class PatternThread {
  private readonly waiting = new FairQueue<Question>();
  private asked: Question | null = null;
  private worker: Worker | null = null;
  private watch: NodeJS.Timeout | undefined;
  private threadId: string | null = null;
  private isReady = false;
  private readonly cpuBudgetMs: number;

  constructor({ cpuBudgetMs = CPU_BUDGET_MS }: PatternThreadOptions = {}) {
    this.cpuBudgetMs = cpuBudgetMs;
  }

  /** @returns whether it is found; null when that can never be said. Never rejects. */
  async isFound(question: { pattern: string; body: Uint8Array; share: Share }): Promise<boolean | null> {
    const answer = await this.ask(question);
    return answer === null || answer.error !== null ? null : answer.isFound;
  }

  /** @returns the size of its program, or what is wrong with it. Never rejects. */
  async compile({
    pattern,
    share,
  }: {
    pattern: string;
    share: Share;
  }): Promise<{ programSize: number } | { error: string }> {
    const answer = await this.ask({ pattern, body: null, share });
    if (answer === null) return { error: 'the regular expression takes too long to compile' };
    return answer.error === null ? { programSize: answer.programSize } : { error: answer.error };
  }

  private ask({ pattern, body, share }: Pick<Question, 'pattern' | 'body' | 'share'>): Promise<Answer | null> {
    return new Promise((answer) => {
      const cost = 1 + (body?.length ?? 0) / BYTES_PER_COST;
      const question = { share: { ...share, cost }, pattern, body, tries: 0, answer };
      this.waiting.push(question, question.share);
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
    const worker = new Worker(SCRIPT, { eval: true, workerData: { engine: require.resolve('re2js') } });
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
    this.watch = setInterval(
      () => {
        const usedMs = threadCpuMs(this.threadId);
        const spentMs = usedMs === null ? performance.now() - startedAtMs : usedMs - usedBeforeMs;
        if (spentMs <= this.cpuBudgetMs) return;
        // It would take as long once more.
        if (this.asked) this.asked.tries = MAX_TRIES;
        this.restart();
      },
      Math.min(LOOK_EVERY_MS, this.cpuBudgetMs),
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

  private settle(answer: Answer | null): void {
    const answered = this.asked;
    this.asked = null;
    clearInterval(this.watch);
    answered?.answer(answer);
    this.askNext();
  }
}
