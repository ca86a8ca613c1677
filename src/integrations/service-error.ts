// The error of an integration: a reason code for programs, one line with the mend for people.
import { detailLengthMax } from './limits.ts';

/** A failure with a reason code; a permanent one does not go away by trying again. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly reason: string;
  readonly permanent: boolean;
  /** The program has waited by itself, or people must act: another attempt within this pass would only hold up the rest. */
  readonly patient: boolean;

  /** @param detail one line: what is wrong with which thing, and the mend */
  constructor(reason: string, permanent: boolean, detail: string, patient = false) {
    super(oneLine(detail));
    this.reason = reason;
    this.permanent = permanent;
    this.patient = patient;
  }
}

/** Trouble that nobody has foreseen, such as a disk that is full, as a failure that may pass. */
export function serviceErrorFrom(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  return new ServiceError('unexpected', false, error instanceof Error ? error.message : String(error), true);
}

/** One line of text, cut to what a report may hold. */
export function oneLine(text: string): string {
  return text
    .trim()
    .replace(/\s*\n\s*/g, '; ')
    .slice(0, detailLengthMax);
}
