// A world with a second container whose way to the database can be cut, or a statement of it held back.

import { cuttingProxy, type CuttingProxy } from "./cutting-proxy.ts";
import { givenContainer, type Container } from "./container.ts";
import { testWorld, type TestWorld } from "./world.ts";

export type FarWorld = {
  readonly world: TestWorld;
  readonly proxy: CuttingProxy;
  /** The container behind the proxy. */
  readonly far: Container;
  /** Ends all three; the world asserts its ledger. */
  readonly end: () => Promise<void>;
};

export async function farWorld(options?: Parameters<typeof testWorld>[0]): Promise<FarWorld> {
  const world = await testWorld(options);
  const proxy = await cuttingProxy(world.databaseUrl);
  const far = givenContainer(world, { config: { databaseUrl: proxy.url } });
  const end = async (): Promise<void> => {
    await far.close();
    await proxy.close();
    await world.end();
  };
  return { world, proxy, far, end };
}
