import { type Installation, startInstallation } from '../../support/engine';
import { type Receiver, startReceiver } from '../../support/receiver';

export interface Engine {
  installation: Installation;
  receiver: Receiver;
  node: Awaited<ReturnType<Installation['startNode']>>;
}

/** An installation with one node, and a receiver: for all tests of a file, or anew for each. Theirs once a test runs. */
export function useEngine({ anewForEach = false } = {}): Engine {
  const engine = {} as Engine;
  const [before, after] = anewForEach ? [beforeEach, afterEach] : [beforeAll, afterAll];
  before(async () => {
    engine.installation = await startInstallation();
    engine.receiver = await startReceiver();
    engine.node = await engine.installation.startNode();
  });
  after(async () => {
    await engine.receiver?.stop();
    await engine.installation?.stop();
  });
  return engine;
}
