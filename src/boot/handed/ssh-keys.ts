// Public keys of SSH as authorized_keys has them, sshd(8): options, type, key, comment. Pure. A line that sshd would pass over in silence is
// told here, since whoever has written it is not there to look.
import type { Trouble } from './trouble.ts';

export interface SshKey {
  /** Without options and comment: the same key is the same. */
  readonly identity: string;
  /** As it was written. */
  readonly line: string;
}

const types = [
  ...['ssh-ed25519', 'ssh-rsa', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'],
  ...['sk-ssh-ed25519@openssh.com', 'sk-ecdsa-sha2-nistp256@openssh.com'],
];

/** The keys of a text; blank lines and comments are none. */
export function sshKeysFrom(text: string): readonly SshKey[] | Trouble {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text))
    return {
      why: 'holds a private key',
      mend: 'put the public one there, the file that ends in .pub; the private one never leaves its owner',
    };
  const keys: SshKey[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const identity = identityOf(line);
    if (identity === undefined)
      return {
        why: `has no public key in line ${index + 1}`,
        mend: `a line is TYPE KEY COMMENT, as in a file that ends in .pub; TYPE is one of ${types.join(', ')}`,
      };
    keys.push({ identity, line });
  }
  if (keys.length > 0) return keys;
  return { why: 'holds no key', mend: 'put a line of a file that ends in .pub there' };
}

/** Undefined where the line has no key that is whole. */
function identityOf(line: string): string | undefined {
  const words = wordsOf(line);
  const at = words.findIndex(word => types.includes(word));
  const [type, encoded] = words.slice(at, at + 2);
  // Options are one word before it.
  if (at < 0 || at > 1 || type === undefined || encoded === undefined) return undefined;
  const blob = Buffer.from(encoded, 'base64');
  if (blob.toString('base64') !== encoded || blob.length < 4) return undefined;
  // RFC 4253, 6.6: the type is inside, too, with its length before it; then the key.
  const length = blob.readUInt32BE(0);
  if (length !== type.length || blob.toString('latin1', 4, 4 + length) !== type) return undefined;
  return isWhole(blob) ? `${type} ${encoded}` : undefined;
}

/** Whether it is fields with their lengths before them, to its last byte, and more than the type: a key that was cut off is not. */
function isWhole(blob: Buffer): boolean {
  let at = 0;
  let fields = 0;
  for (; at + 4 <= blob.length; fields += 1) at += 4 + blob.readUInt32BE(at);
  return at === blob.length && fields > 1;
}

/** Blanks between quotes are part of a word, as of an option `command="ls -l"`. */
function wordsOf(line: string): readonly string[] {
  return line.match(/(?:"(?:\\"|[^"])*"|[^\s"])+/g) ?? [];
}

/** What is to be added to a file that has `present`: keys that are not there yet, each once. */
export function missingKeys(keys: readonly SshKey[], present: string): readonly string[] {
  const known = new Set(present.split('\n').flatMap(line => identityOf(line.trim()) ?? []));
  return keys.flatMap(({ identity, line }) => {
    if (known.has(identity)) return [];
    known.add(identity);
    return [line];
  });
}
