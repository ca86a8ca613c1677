// How an admin request is answered, and how it is refused: gRPC's code, the reason in one word, and a line for people.
import { Metadata, type sendUnaryData, status } from '@grpc/grpc-js';

/** A question that cannot be answered: gRPC's code, and the reason in one word and for people. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: status;
  readonly reason: string;

  constructor(code: status, reason: string, details: string) {
    super(details);
    this.code = code;
    this.reason = reason;
  }
}

/** Answers a call with what `answered` comes to. */
export function reply<Reply>(answered: Promise<Reply>, answer: sendUnaryData<Reply>): void {
  answered.then(
    value => answer(null, value),
    error =>
      error instanceof Refusal
        ? answer({ code: error.code, details: error.message, metadata: reasonMetadata(error.reason) })
        : answer({ code: status.INTERNAL, details: String(error) }),
  );
}

function reasonMetadata(reason: string): Metadata {
  const metadata = new Metadata();
  metadata.set('clusteros-reason', reason);
  return metadata;
}
