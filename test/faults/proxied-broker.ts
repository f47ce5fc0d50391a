/** A mosquitto, a proxy before it that can spoil the connection, and a ledger of what comes out behind it. */
import { type Mosquitto, prepareMosquitto } from '../flow/publish/mosquitto.ts';
import { FaultProxy } from './fault-proxy.ts';
import { Ledger, listen } from './ledger.ts';
import type { Scope } from './scope.ts';

export interface ProxiedBroker {
  readonly broker: Mosquitto;
  readonly proxy: FaultProxy;
  readonly ledger: Ledger;
}

/** @param settings as of prepareMosquitto */
export async function startProxiedBroker(scope: Scope, settings?: readonly string[]): Promise<ProxiedBroker> {
  const broker = await prepareMosquitto(scope, scope.folder(), settings);
  await broker.start();
  const proxy = new FaultProxy(broker.port);
  await proxy.open();
  scope.teardown(() => proxy.close());
  const ledger = new Ledger();
  await listen(scope, broker.address, ledger);
  return { broker, proxy, ledger };
}
