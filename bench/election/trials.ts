// A series of take-overs of one kind, as figures: until the others know a new leader, until a write, and the terms that
// it took. Between two trials all members are back and at rest.
import type { Figure } from '../testbed/figure.ts';
import { type Sample, seconds, single, summary, type Unit } from '../testbed/samples.ts';
import { restMs, takeoverTimeoutMs } from './limits.ts';
import type { Member } from './member.ts';
import type { Stage } from './stage.ts';
import { takeover } from './takeover.ts';
import type { Trio } from './trio.ts';

export interface Blow {
  /** What is done, as the table says it. */
  readonly what: string;
  readonly unit?: Unit;
  /** Each trial is also made without a client: one that is forwarded has its share of the time. */
  readonly alsoQuiet?: boolean;
  /** Goals, in the words; empty for none. */
  readonly goals: { readonly known: string; readonly written: string };
  /** @returns when */
  strike(trio: Trio, leader: Member, heir: Member): number;
  /** Brings the member that led back. */
  mend(trio: Trio, former: Member): Promise<void>;
}

export async function trials(stage: Stage, blow: Blow): Promise<Figure[]> {
  const { what, goals, unit = seconds } = blow;
  const [quiet, known, written, terms]: [Sample[], Sample[], Sample[], number[]] = [[], [], [], []];
  await stage.withTrio(async trio => {
    const trial = async (run: number, isQuiet: boolean) => {
      const former = trio.leader();
      const result = await takeover(trio, (leader, heir) => blow.strike(trio, leader, heir), isQuiet);
      terms.push(result.terms);
      const how = isQuiet ? '' : `, a write after ${single(result.written, unit)}`;
      stage.say(
        `${what}, ${run}, ${former.seat.name} led: the others know after ${single(result.known, unit)}` +
          `${how}, ${result.terms} terms`,
      );
      await blow.mend(trio, former);
      await trio.untilWhole();
      await trio.rest(restMs);
      return result;
    };
    for (let run = 1; run <= stage.runs; run += 1) {
      if (blow.alsoQuiet) quiet.push((await trial(run, true)).known);
      const result = await trial(run, false);
      known.push(result.known);
      written.push(result.written);
    }
  });
  const inOne = terms.filter(count => count === 1).length;
  const knows = `${what} → every other knows the new leader`;
  const figures: Figure[] = [
    { what: knows, goal: goals.known, text: summary(known, unit, takeoverTimeoutMs) },
    {
      what: `${what} → first write of a client at one of the others`,
      goal: goals.written,
      text: summary(written, unit, takeoverTimeoutMs),
    },
    { what: `${what}: take-overs in one term`, goal: '', text: `${inOne} of ${terms.length}` },
  ];
  if (blow.alsoQuiet)
    figures.unshift({
      what: `${knows}, nobody writes`,
      goal: '',
      text: summary(quiet, unit, takeoverTimeoutMs),
    });
  return figures;
}
