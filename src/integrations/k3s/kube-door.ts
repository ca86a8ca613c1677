// One open door to the cluster for all that happens on this machine; opened when first needed, and anew after it led nowhere: k3s may have
// written other credentials.
import { ServiceError } from '../service-error.ts';
import type { Kube, OpenKube } from './kube.ts';

export class KubeDoor {
  readonly #openKube: OpenKube;
  #kube: Promise<Kube> | undefined;

  constructor(openKube: OpenKube) {
    this.#openKube = openKube;
  }

  /** What `act` comes to. Rejects with a ServiceError. */
  async through<Result>(act: (kube: Kube) => Promise<Result>): Promise<Result> {
    this.#kube ??= this.#openKube();
    const opened = this.#kube;
    try {
      return await act(await opened);
    } catch (error) {
      if (this.#kube === opened) this.#kube = undefined;
      if (error instanceof ServiceError) throw error;
      throw new ServiceError(
        'api-unreachable',
        false,
        error instanceof Error ? error.message : String(error),
        true,
      );
    }
  }
}
