// The verbs of `clusterctl member`.
import type { Command } from 'commander';
import { durationFrom, type VerbTools } from './flags.ts';
import { timeoutMsDefault } from './limits.ts';
import { type Format, formats } from './output.ts';

const memberExamples = `Examples:
  clusterctl member show atlas                    who sees atlas and whom it sees
  clusterctl member tag atlas site=north gpu-     set one label, remove another
  clusterctl member drain atlas                   no new work for atlas; returns when nothing runs there
`;

const showExamples = `Examples:
  clusterctl member show atlas
  clusterctl member show atlas -o json | jq '.sights[] | select(.ofMember.state != .ofPeer.state)'
`;

const tagExamples = `Examples:
  clusterctl member tag atlas site=north gpu=a100
  clusterctl member tag atlas gpu-
  clusterctl member tag atlas site=south --dry-run
`;

const removeExamples = `Examples:
  clusterctl member remove atlas --dry-run        what that would mean
  clusterctl member remove atlas --yes
`;

const drainExamples = `Examples:
  clusterctl member drain atlas --reason "new fans"
  clusterctl member drain atlas --deadline 2h --requeue   what runs after two hours starts anew elsewhere
`;

/** Adds what is said and asked of one member; `listing` adds the flags and the action of `members`. */
export function addMemberVerbs(
  program: Command,
  { withCommonFlags, requestFor, done }: VerbTools,
  listing: (command: Command) => void,
): void {
  const list: readonly Format[] = formats;
  const sheet: readonly Format[] = ['table', 'json', 'yaml'];
  const member = program
    .command('member')
    .description('one member: show it, tag it, say whether it votes, take it out')
    .addHelpText('before', memberExamples);
  const memberVerb = (name: string, summary: string, allowed: readonly Format[]) =>
    withCommonFlags(member.command(name).description(summary), allowed, timeoutMsDefault);
  listing(memberVerb('list', 'the same as "clusterctl members"', list));
  memberVerb('show', 'one member, who sees it and whom it sees', sheet)
    .argument('<NAME>', 'name or id')
    .addHelpText('before', showExamples)
    .action(async (name: string, _flags, command: Command) => {
      const request = requestFor(command, sheet);
      const { memberShow } = await import('./commands/member-show.ts');
      done(await memberShow(request, name));
    });
  memberVerb(
    'tag',
    'set and remove labels of a member; they are public to the cluster, so never a secret',
    sheet,
  )
    .argument('<NAME>', 'name or id')
    .argument('<CHANGE...>', 'KEY=VALUE sets a tag, KEY- removes it')
    .option('--dry-run', 'print the tags it would have and what differs, and change nothing')
    .addHelpText('before', tagExamples)
    .action(async (name: string, words: string[], flags, command: Command) => {
      const request = requestFor(command, sheet);
      const { memberTag, tagChangeFrom } = await import('./commands/member-tag.ts');
      done(await memberTag(request, name, tagChangeFrom(words), flags.dryRun === true));
    });

  memberVerb('promote', 'an operator wants this member to vote', list)
    .argument('<NAME>', 'name or id')
    .option('--auto', 'leave it to the leader again')
    .action(async (name: string, flags, command: Command) => {
      const request = requestFor(command, list);
      const { wishVoter } = await import('./commands/voters.ts');
      done(await wishVoter(request, name, flags.auto === true ? 'none' : 'always'));
    });
  memberVerb('demote', 'an operator wants this member not to vote', list)
    .argument('<NAME>', 'name or id')
    .option('--auto', 'leave it to the leader again')
    .action(async (name: string, flags, command: Command) => {
      const request = requestFor(command, list);
      const { wishVoter } = await import('./commands/voters.ts');
      done(await wishVoter(request, name, flags.auto === true ? 'none' : 'never'));
    });

  memberVerb('remove', 'take a member out for good: its id never comes back', sheet)
    .argument('<NAME>', 'name or id')
    .option('--force', 'though it is alive')
    .option('--dry-run', 'say what that would mean, and change nothing')
    .option('--yes', 'do not ask')
    .addHelpText('before', removeExamples)
    .action(async (name: string, flags, command: Command) => {
      const request = requestFor(command, sheet);
      const { memberRemove } = await import('./commands/member-remove.ts');
      const { force = false, dryRun = false, yes = false } = flags;
      done(await memberRemove(request, name, { force, dryRun, yes }));
    });

  memberVerb('drain', 'no new work for a member; returns when nothing runs there any more', sheet)
    .argument('<NAME>', 'name or id')
    .option('--reason <TEXT>', 'why, for people', 'drained by an operator')
    .option(
      '--deadline <DURATION>',
      'how long what runs may go on, such as 2h; exit code 7 when it still does',
    )
    .option('--requeue', 'then, or at once without a deadline, start what runs anew elsewhere')
    .option('--no-wait', 'return at once')
    .option('--dry-run', 'say what that would mean, and change nothing')
    .addHelpText('before', drainExamples)
    .action(async (name: string, flags, command: Command) => {
      const request = requestFor(command, sheet);
      const { reason, deadline, requeue = false, wait, dryRun = false } = flags;
      const deadlineMs = deadline === undefined ? undefined : durationFrom('--deadline', deadline);
      const { memberDrain } = await import('./commands/member-drain.ts');
      done(await memberDrain(request, name, { reason, deadlineMs, requeue, wait, dryRun }));
    });
  memberVerb('resume', 'work for a member that was drained', sheet)
    .argument('<NAME>', 'name or id')
    .action(async (name: string, _flags, command: Command) => {
      const request = requestFor(command, sheet);
      const { memberResume } = await import('./commands/member-drain.ts');
      done(await memberResume(request, name));
    });
}
