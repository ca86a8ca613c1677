// The place of one agent: its name, its address, its disk. It outlives the agent's processes.

export interface Seat {
  readonly number: number;
  /** `n` and its number. */
  readonly name: string;
  readonly ip: string;
  /** Its own disk; what is in it outlives its process. */
  readonly folder: string;
  /** What all agents of the cluster share. */
  readonly shared: string;
}
