// Takes secrets out of texts that people read: what tailscale, an API or an error says may repeat what it was given.

/** Every kind of key that Tailscale and headscale have, whether we know it or not. */
const keyPattern = /\b(tskey|hskey)-[A-Za-z0-9_-]{4,}/g;

export class Secrets {
  readonly #known = new Set<string>();

  /** From now on nobody reads this. */
  add(secret: string): void {
    // What is so short is part of any text, and no secret.
    if (secret.length >= 6) this.#known.add(secret);
  }

  /** The text without them. */
  readonly hide = (text: string): string => {
    let hidden = text;
    for (const secret of this.#known) {
      hidden = hidden.replaceAll(secret, '(hidden)').replaceAll(encodeURIComponent(secret), '(hidden)');
    }
    return hidden.replace(keyPattern, '$1-(hidden)');
  };
}
