// What a peer has been asked over the stream to it and has not answered yet. Lives as long as the stream; the answers of one
// that has ended are never known.
import { status } from '@grpc/grpc-js';
import type { Answer__Output } from '../../api/gen/clusteros/v1/Answer.ts';
import type { Question } from '../../api/gen/clusteros/v1/Question.ts';
import { questionsMax } from '../limits.ts';

/** A question that got no answer, or a failure for one: gRPC's code, and why for people. */
export class PeerFailure extends Error {
  override readonly name = 'PeerFailure';
  readonly code: number;
  readonly details: string;

  constructor(code: number, details: string) {
    super(details);
    this.code = code;
    this.details = details;
  }
}

interface Waiting {
  readonly resolve: (answer: Answer__Output) => void;
  readonly reject: (failure: PeerFailure) => void;
  readonly limit: NodeJS.Timeout;
}

export class Questions {
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  /** Has `send` ask `question` under a number of its own. Rejects with a PeerFailure, after `timeoutMs` at the latest. */
  ask(question: Question, timeoutMs: number, send: (numbered: Question) => void): Promise<Answer__Output> {
    if (this.#waiting.size >= questionsMax)
      return Promise.reject(new PeerFailure(status.RESOURCE_EXHAUSTED, 'it has been asked too much already'));
    this.#last += 1;
    const number = this.#last;
    return new Promise((resolve, reject) => {
      const limit = setTimeout(
        () =>
          this.#take(number)?.reject(new PeerFailure(status.DEADLINE_EXCEEDED, 'it did not answer in time')),
        timeoutMs,
      ).unref();
      this.#waiting.set(number, { resolve, reject, limit });
      send({ ...question, number });
    });
  }

  /** An answer has come; one that nobody waits for any more is dropped. */
  answered(answer: Answer__Output): void {
    const waiting = this.#take(answer.number);
    if (answer.failure) waiting?.reject(new PeerFailure(answer.failure.code, answer.failure.details));
    else waiting?.resolve(answer);
  }

  /** The stream has ended. */
  end(): void {
    for (const number of [...this.#waiting.keys()])
      this.#take(number)?.reject(new PeerFailure(status.UNAVAILABLE, 'the stream to it has ended'));
  }

  #take(number: number): Waiting | undefined {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    clearTimeout(waiting?.limit);
    return waiting;
  }
}
