// An agent's address as the tables show it.

/** The port that an agent listens on unless it is told otherwise; only a different one is worth a column's room. */
const usualPort = ':7443';

/** `address` without the usual port. */
export function shortAddress(address: string): string {
  return address.endsWith(usualPort) ? address.slice(0, -usualPort.length) : address;
}
