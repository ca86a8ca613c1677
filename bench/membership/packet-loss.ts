// Loses a share of the packets that reach a network namespace, at random, before any socket sees them. By nftables'
// `numgen random`: netem is not in every kernel. The sender is never told.
import { runOutside } from '../../test/lab/network.ts';

/** Drops `percent` of what comes in from that address; from anyone when there is none. Replaces an earlier loss. */
export async function losePackets(namespace: string, percent: number, from?: string): Promise<void> {
  const who = from === undefined ? 'iifname "eth0"' : `ip saddr ${from}`;
  const rules = [
    'table ip bench',
    'delete table ip bench',
    'table ip bench {',
    '  chain loss {',
    '    type filter hook prerouting priority 0; policy accept;',
    `    ${who} numgen random mod 100 < ${percent} counter drop`,
    '  }',
    '}\n',
  ];
  await nft(namespace, rules.join('\n'));
}

/** Ends the loss. @returns how many packets it took */
export async function endLoss(namespace: string): Promise<number> {
  const listing = await nft(namespace, 'list table ip bench\n');
  await nft(namespace, 'delete table ip bench\n');
  return Number(/counter packets (\d+)/.exec(listing)?.[1] ?? Number.NaN);
}

async function nft(namespace: string, script: string): Promise<string> {
  return await runOutside('ip', ['netns', 'exec', namespace, 'nft', '-f', '-'], script);
}
