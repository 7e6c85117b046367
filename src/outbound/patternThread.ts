import { Worker } from 'node:worker_threads';

/** The claim of a delivery lasts longer than its attempt by more than this. */
const WITHIN_MS = 5000;

const SCRIPT = `
const { parentPort, workerData } = require('node:worker_threads');
const { RE2JS } = require(workerData.engine);
parentPort.on('message', ({ pattern, text }) => parentPort.postMessage(RE2JS.compile(pattern).test(text)));
`;

interface Question {
  pattern: string;
  text: string;
  /** By this process's monotonic clock. */
  askBefore: number;
  answer(isFound: boolean | null): void;
}

/**
 * Finds regular expressions in large texts beside the event loop: even a linear engine can take a second for 64 KiB,
 * in which nothing else would be delivered. One at a time; the thread starts with the first question and does not keep
 * the process alive.
 */
export class PatternThread {
  private readonly waiting: Question[] = [];
  private asked: Question | null = null;
  private worker: Worker | null = null;
  private readonly withinMs: number;

  /** @param withinMs from the moment a question is asked to its answer, others' before it included. Default 5000. */
  constructor({ withinMs = WITHIN_MS } = {}) {
    this.withinMs = withinMs;
  }

  /** @returns whether it is found; null when that could not be said in time. Never rejects. */
  isFound({ pattern, text }: { pattern: string; text: string }): Promise<boolean | null> {
    return new Promise((resolve) => {
      const question: Question = {
        pattern,
        text,
        askBefore: performance.now() + this.withinMs,
        answer: (isFound) => {
          clearTimeout(deadline);
          resolve(isFound);
        },
      };
      const deadline = setTimeout(() => this.giveUp(question), this.withinMs);
      this.waiting.push(question);
      this.askNext();
    });
  }

  private askNext(): void {
    if (this.asked) return;
    const next = this.waiting.shift();
    if (!next) return;
    // Else each of many that have waited too long would cost a thread that is ended at once.
    if (performance.now() >= next.askBefore) {
      next.answer(null);
      this.askNext();
      return;
    }
    this.asked = next;
    this.worker ??= this.start();
    this.worker.postMessage({ pattern: next.pattern, text: next.text });
  }

  private start(): Worker {
    const worker = new Worker(SCRIPT, { eval: true, workerData: { engine: require.resolve('re2js') } });
    worker.on('message', (isFound: boolean) => this.worker === worker && this.settle(isFound));
    worker.on('error', () => this.worker === worker && this.restart());
    // After the listeners: adding one to `message` would hold the process again.
    worker.unref();
    return worker;
  }

  private giveUp(question: Question): void {
    if (question === this.asked) this.restart();
    else {
      this.waiting.splice(this.waiting.indexOf(question), 1);
      question.answer(null);
    }
  }

  /** What the thread is at, it is not let finish. */
  private restart(): void {
    void this.worker?.terminate();
    this.worker = null;
    this.settle(null);
  }

  private settle(isFound: boolean | null): void {
    const answered = this.asked;
    this.asked = null;
    answered?.answer(isFound);
    this.askNext();
  }
}
