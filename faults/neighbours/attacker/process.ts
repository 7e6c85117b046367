import { serve } from '../../../bench/children/rpc';
import { type Flood, type FloodReport, flood } from './flood';
import { type NameServer, startNameServer } from './nameServer';
import { type ReceiverAnswer, startReceiver } from './receiver';
import { holdSockets, type Pipeline, type PipelineReport, pipeline, unread } from './sockets';

/** Moves with every `stop`: what began before it ends. */
let epoch = 0;

function untilStopped(): () => boolean {
  const mine = epoch;
  return () => epoch !== mine;
}

/** The attacker, a process of its own: what it does is bounded by `stop`, and its CPU is not the victim's driver's. */
const handlers = {
  flood: (input: Flood): Promise<FloodReport> => flood(input, untilStopped()),
  pipeline: (input: Pipeline): Promise<PipelineReport> => pipeline(input, untilStopped()),
  unread: (input: Pipeline): Promise<void> => unread(input, untilStopped()),
  /** Resolves when there are as many as there can be; they stay. */
  holdSockets: (input: { url: string; count: number }) => holdSockets(input, untilStopped()),
  receive: (input: ReceiverAnswer): Promise<number> => startReceiver(input),
  answerNames: (input: NameServer): Promise<void> => startNameServer(input),
  stop(): void {
    epoch++;
  },
};

export type AttackerHandlers = typeof handlers;

serve(handlers);
