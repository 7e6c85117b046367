import type { DeliveryInput } from '../../contracts/carrying';
import type { Workflows } from './port';

/** The first attempt, begun a moment ago, shall be on its way before a start takes both cores of a small machine. */
const START_AFTER_MS = 3;
/** A consignment's history stays small, and one fault concerns few. */
export const MAX_CONSIGNMENT = 500;
/** What gathers are first attempts. */
const FIRST_GENERATION = 1;
/**
 * A start costs about what ten deliveries do. After one that carried n, the next waits n times this (or until a
 * consignment is full): at low load each delivery has its workflow at once, under load some hundreds share one.
 */
const SPACING_PER_DELIVERY_MS = 5;
const MAX_SPACING_MS = 500;
/** With split roles nothing is attempted before its workflow has begun. */
const MAX_AWAITED_SPACING_MS = 200;
/**
 * Starts under way at once: ten of them take both cores from everybody else's deliveries for a third of a second. And those that wait for one; beyond,
 * the row's due_by lets reconcile start them.
 */
const MAX_STARTING = 2;
const MAX_WAITING = 5000;

/** Told when a delivery has a workflow that carries it alone. */
export interface ToCarry extends DeliveryInput {
  onOwnWorkflow?(): void;
}

export interface CarriersOptions {
  workflows: Workflows;
  /** First attempts are this process's own; else they wait for their workflow. */
  attempting: boolean;
  /** Not started: the rows of so many deliveries wait for reconcile. */
  onFault(error: unknown, deliveries: number): void;
}

/** Gives deliveries their workflows. A start that fails is not repeated here: the row says so, and reconcile reads it. */
export class Carriers {
  private gathered: ToCarry[] = [];
  private isStarting = false;
  private readonly waiting: ToCarry[] = [];
  private startingCount = 0;
  private readonly maxSpacingMs: number;

  constructor(private readonly options: CarriersOptions) {
    this.maxSpacingMs = options.attempting ? MAX_SPACING_MS : MAX_AWAITED_SPACING_MS;
  }

  /** A workflow at once if no start is under way; else it gathers, and the next consignment carries it. */
  carry(delivery: ToCarry): void {
    // Temporal is away: what waits beyond this is carried from its row when it is back.
    if (this.gathered.length >= MAX_WAITING) return;
    this.gathered.push(delivery);
    if (this.isStarting) return;
    this.isStarting = true;
    setTimeout(() => void this.startGathered(), START_AFTER_MS);
  }

  /** A workflow of its own, at once. Taken out of what gathers. */
  carryAlone(delivery: ToCarry): void {
    this.gathered = this.gathered.filter(({ deliveryId }) => deliveryId !== delivery.deliveryId);
    delivery.onOwnWorkflow?.();
    if (this.waiting.length < MAX_WAITING) this.waiting.push(delivery);
    while (this.startingCount < MAX_STARTING && this.waiting.length > 0) void this.startNextAlone();
  }

  async idle(): Promise<void> {
    while (this.isStarting || this.startingCount > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  private async startGathered(): Promise<void> {
    while (this.gathered.length > 0) {
      const startedAt = performance.now();
      const deliveries = this.gathered.splice(0, MAX_CONSIGNMENT);
      await this.start(deliveries).catch((error: unknown) => this.options.onFault(error, deliveries.length));
      const spacing = Math.min(deliveries.length * SPACING_PER_DELIVERY_MS, this.maxSpacingMs);
      const waitMs = startedAt + spacing - performance.now();
      if (waitMs > 0 && this.gathered.length < MAX_CONSIGNMENT) {
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    }
    this.isStarting = false;
  }

  private start(deliveries: ToCarry[]): Promise<void> {
    const [first] = deliveries;
    if (deliveries.length === 1 && first) {
      first.onOwnWorkflow?.();
      return this.options.workflows.startDelivery(inputOf(first));
    }
    return this.options.workflows.startConsignment({
      generation: FIRST_GENERATION,
      deliveryIds: deliveries.map(({ deliveryId }) => deliveryId),
    });
  }

  private async startNextAlone(): Promise<void> {
    const delivery = this.waiting.shift();
    if (!delivery) return;
    this.startingCount++;
    try {
      await this.options.workflows.startDelivery(inputOf(delivery));
    } catch (error) {
      this.options.onFault(error, 1);
    } finally {
      this.startingCount--;
      if (this.waiting.length > 0) void this.startNextAlone();
    }
  }
}

function inputOf({ deliveryId, generation, subject }: ToCarry): DeliveryInput {
  return { deliveryId, generation, subject };
}
