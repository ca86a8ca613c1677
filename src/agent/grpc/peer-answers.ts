// What this node answers when another agent asks it something on behalf of an administrator or of an integration there. The handshake has proved that
// the asker is of the cluster; what it asks for is checked by whoever gives the answer.
import { status } from '@grpc/grpc-js';
import type { Answer } from '../../api/gen/clusteros/v1/Answer.ts';
import type { LookReply } from '../../api/gen/clusteros/v1/LookReply.ts';
import type { LookRequest__Output } from '../../api/gen/clusteros/v1/LookRequest.ts';
import type { Question__Output } from '../../api/gen/clusteros/v1/Question.ts';
import type { TagReply } from '../../api/gen/clusteros/v1/TagReply.ts';
import type { TagRequest__Output } from '../../api/gen/clusteros/v1/TagRequest.ts';
import type { Session } from '../../election/sessions.ts';
import type { Answer as Outcome } from '../requests.ts';
import { TagError } from '../tags.ts';

export interface PeerAnswers {
  look(request: LookRequest__Output): LookReply;
  /** Rejects with an Error for people. */
  tag(request: TagRequest__Output): Promise<TagReply>;
  /** Resolves with up to where a reader must see, or why a majority does not confirm this node. */
  confirm(): Promise<Outcome>;
  /** Resolves with why this node did not hand over; empty when it leads no more. */
  handOver(target: string): Promise<string>;
  /** Resolves with why an operator's command was not decided; empty when it was. */
  decide(command: Uint8Array, session: Session): Promise<string>;
  /** Resolves with what the integration `service` here answers the node `asker` (id). Rejects with an Error for people. */
  counterpart(service: string, question: string, asker: string): Promise<string>;
}

/** The answer to the `question` of the node `asker` (id), with its number; a failure is an answer, too. Never rejects. */
export async function answerTo(
  answers: PeerAnswers | undefined,
  question: Question__Output,
  asker: string,
): Promise<Answer> {
  const { number } = question;
  if (!answers)
    return { number, failure: { code: status.UNAVAILABLE, details: 'this agent is just starting' } };
  try {
    return { number, ...(await said(answers, question, asker)) };
  } catch (error) {
    const code = error instanceof TagError ? status.INVALID_ARGUMENT : status.INTERNAL;
    return { number, failure: { code, details: error instanceof Error ? error.message : String(error) } };
  }
}

async function said(answers: PeerAnswers, question: Question__Output, asker: string): Promise<Answer> {
  const { look, tag, handOver, decide } = question;
  if (look) return { look: answers.look(look) };
  if (tag) return { tag: await answers.tag(tag) };
  if (question.confirm) return { confirm: await answers.confirm() };
  if (handOver) return { handOver: { refused: await answers.handOver(handOver.target) } };
  if (decide) return { decide: { refused: await answers.decide(decide.command, decide) } };
  const { counterpart } = question;
  if (counterpart)
    return {
      counterpart: { answer: await answers.counterpart(counterpart.service, counterpart.question, asker) },
    };
  const details = 'this agent does not know the question: is the asker newer?';
  return { failure: { code: status.UNIMPLEMENTED, details } };
}
