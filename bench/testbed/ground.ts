// Where the agents of one measurement stand: an address and a network namespace for each number from 1 on. This one is a
// loopback that all share, in a namespace of its own; nothing of it reaches the machine's own network.
import { runOutside } from '../../test/lab/network.ts';
import type { Leavings } from './leavings.ts';

export interface Ground {
  /** The network namespace of that agent. */
  namespaceOf(number: number): string;
}

/** The address of an agent, on every ground. */
export function addressOf(number: number): string {
  return `100.64.0.${number}`;
}

/** Makes the shared loopback with that many addresses. */
export async function makeLoopback(leavings: Leavings, size: number): Promise<Ground> {
  const namespace = await leavings.namespace('lo');
  const lines = numbersTo(size).map(number => `addr add ${addressOf(number)}/32 dev lo\n`);
  await runOutside('ip', ['-n', namespace, '-batch', '-'], lines.join(''));
  return { namespaceOf: () => namespace };
}

/** 1 to `size`. */
export function numbersTo(size: number): number[] {
  return Array.from({ length: size }, (_, index) => index + 1);
}
