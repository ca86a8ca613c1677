// The form of a cluster key: 32 bytes in base64, as the agent reads it (agent, cluster-key.ts; a test holds the two together). Pure.

/** Bytes of a cluster key. */
const keyBytes = 32;

/** What is wrong with it, without a character of it; undefined when nothing is. */
export function clusterKeyTrouble(text: string): string | undefined {
  const trimmed = text.trim();
  const key = Buffer.from(trimmed, 'base64');
  if (key.length === keyBytes && key.toString('base64') === trimmed) return undefined;
  return `holds ${trimmed.length} characters that are not ${keyBytes} bytes in base64 (44 characters)`;
}
