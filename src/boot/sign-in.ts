// Brings this machine into its tailnet, once: does nothing when it is there. Talks to tailscaled, to the `tailscale` command and to
// Tailscale's API; every text that leaves here has passed `hide`. Never resets what an operator has set.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../integrations/host.ts';
import { type OAuthClient, tailscaleApi } from '../integrations/tailscale/auth-key.ts';
import {
  enrolmentVerdict,
  machineIdentity,
  readEnrolment,
  writeEnrolment,
} from '../integrations/tailscale/enrolment.ts';
import { type LocalApi, LocalApiError } from '../integrations/tailscale/local-api.ts';
import type { Status } from '../integrations/tailscale/shapes.ts';
import { stageOf, stageOfTrouble } from '../integrations/tailscale/stage.ts';
import {
  lastLoginError,
  type Refusal,
  refusalIn,
  type SignInRefusal,
  settingsToKeep,
  type UpRequest,
  upArguments,
} from '../integrations/tailscale/up.ts';
import { BootError, exitCode } from './ending.ts';
import { KeyFile } from './key-file.ts';
import { formerErrorMs, mintedKeysMax, stagePollMs, upGraceMs, upTimeoutS } from './limits.ts';
import { mintedKey } from './minted-key.ts';
import type { Secrets } from './secrets.ts';
import type { SignInSettings } from './settings.ts';

export interface SignIn {
  readonly settings: SignInSettings;
  readonly secrets: Secrets;
  readonly api: LocalApi;
  readonly host: Host;
  /** The `tailscale` command, by name or path. */
  readonly tailscale: string;
  /** Undefined: that of Tailscale, or of the login server where one is set. */
  readonly apiUrl: string | undefined;
  /** A folder of its own for the key, in memory (/run). */
  readonly keyFolder: string;
  /** Where it is written which machine was enrolled. */
  readonly enrolmentFile: string;
  readonly timeoutMs: number;
  readonly isDryRun: boolean;
  /** A machine that is on the tailnet without its tags may be signed in anew: that cuts it off for a moment, and for good should it fail. */
  readonly mayRenew: boolean;
  /** One line on the way, for people. */
  readonly say: (line: string) => void;
}

/** Resolves with one line: how things stand now. @throws BootError with the reason and the mend */
export async function signIn(wish: SignIn): Promise<string> {
  return await new Enrolling(wish).run();
}

/** The control server has said no. */
class Refused extends BootError {
  readonly reason: SignInRefusal;
  readonly words: string;

  constructor({ reason, mend }: Refusal, words: string) {
    super(exitCode.refused, `the tailnet does not let this machine in: ${oneLine(words)}`, mend);
    this.reason = reason;
    this.words = words;
  }
}

/** What has to be done, by what tailscaled says. */
type Task =
  | { readonly kind: 'nothing' }
  /** It has a node's key, and is switched off. */
  | { readonly kind: 'switch-on' }
  | { readonly kind: 'enrol'; readonly isRenewal: boolean; readonly why: string };

class Enrolling {
  readonly #wish: SignIn;
  readonly #deadlineMs: number;

  constructor(wish: SignIn) {
    this.#wish = wish;
    this.#deadlineMs = performance.now() + wish.timeoutMs;
  }

  async run(): Promise<string> {
    const { settings, isDryRun, say } = this.#wish;
    await this.#refuseClone();
    const task = this.#taskFor(await this.#settledStatus());
    if (task.kind === 'nothing') return await this.#done('nothing to do');
    if (isDryRun) return this.#plan(task);
    if (task.kind === 'switch-on') {
      say('tailscaled is signed in and switched off: switching it on');
      // With any flag it would want to hear all others, too.
      await this.#untilRunning((await this.#tailscale(['up'])) ?? '');
      return await this.#done('switched on');
    }
    say(task.why);
    const { oauth, authKey } = settings;
    if (oauth) {
      try {
        await this.#enrolByClient(oauth, task.isRenewal);
        return await this.#done('enrolled with a single-use key from the OAuth client');
      } catch (error) {
        if (authKey === undefined || !(error instanceof BootError)) throw error;
        say(`no way in by the OAuth client: ${error.message}`);
        if (error.mend !== '') say(`  mend: ${error.mend}`);
        say('falling back to the static key TAILSCALE_AUTHKEY');
      }
    }
    if (authKey === undefined)
      throw new BootError(
        exitCode.usage,
        `${task.why}, and ${settings.source} has no key for that`,
        'put TAILSCALE_AUTHKEY, or TAILSCALE_OAUTH_CLIENT_ID and TAILSCALE_OAUTH_CLIENT_SECRET, into /etc/clusteros/tailscale.env (mode 0600)',
      );
    await this.#enrol(authKey, task.isRenewal);
    return await this.#done('enrolled with the static key');
  }

  /** The status once tailscaled knows its state by itself. @throws BootError when the time is over */
  async #settledStatus(): Promise<Status> {
    let last = new BootError(exitCode.failed, 'tailscaled was not asked', '');
    for (;;) {
      try {
        const status = await this.#wish.api.status({ peers: false });
        // One that is enrolled and has no word from its control server yet needs no second key.
        const isSettled = status.BackendState !== 'NoState' && status.BackendState !== 'Starting';
        if (isSettled) return status;
        const { text, mend } = stageOf(status, new Set());
        last = new BootError(exitCode.failed, text, mend);
      } catch (error) {
        if (!(error instanceof LocalApiError)) throw error;
        const { name, text, mend } = stageOfTrouble(error);
        last = new BootError(name === 'denied' ? exitCode.refused : exitCode.failed, text, mend);
        if (name === 'denied') throw last;
      }
      if (performance.now() + stagePollMs > this.#deadlineMs) throw last;
      await sleep(stagePollMs);
    }
  }

  #taskFor(status: Status): Task {
    const { tags } = this.#wish.settings;
    const missing = tags.filter(tag => !status.Self?.Tags.includes(tag));
    switch (status.BackendState) {
      case 'Running':
        if (missing.length === 0) return { kind: 'nothing' };
        return this.#renewal(`this machine is signed in to the tailnet without ${missing.join(', ')}`);
      case 'NeedsMachineAuth': {
        const { text, mend } = stageOf(status, new Set());
        throw new BootError(exitCode.refused, text, mend);
      }
      case 'Stopped':
        // Its tags are known once it is on.
        if (status.HaveNodeKey) return { kind: 'switch-on' };
        return { kind: 'enrol', isRenewal: false, why: 'tailscaled is switched off and was never signed in' };
      default:
        // Also with an expired key of a node: tailscaled sees by itself that it needs another. Told to, it makes one for each try, and
        // a single-use key is good for the first.
        return { kind: 'enrol', isRenewal: false, why: stageOf(status, new Set()).text };
    }
  }

  /** @throws BootError unless that is wanted: what is there works, and a key that is refused would end it */
  #renewal(why: string): Task {
    if (this.#wish.mayRenew) return { kind: 'enrol', isRenewal: true, why: `${why}: it signs in anew` };
    throw new BootError(
      exitCode.refused,
      why,
      `run "tailscale-auth --renew" to sign it in anew (it is cut off for a moment, and for good should its key be refused), or give it the tags in the admin console`,
    );
  }

  /** @throws BootError */
  async #enrolByClient(client: OAuthClient, isRenewal: boolean): Promise<void> {
    for (let keysLeft = mintedKeysMax; ; keysLeft -= 1) {
      try {
        await this.#enrol(await this.#mintedKey(client), isRenewal);
        return;
      } catch (error) {
        // tailscaled asks again, with another key of its own, when an answer was lost on the way; the first one has used ours up.
        if (!(error instanceof Refused) || error.reason !== 'key-used' || keysLeft === 1) throw error;
        this.#wish.say('the key was used up by a try whose answer was lost: getting another');
      }
    }
  }

  /** A key from the API. Leaves time for what comes after, the more when there is another way in. */
  async #mintedKey(client: OAuthClient): Promise<string> {
    const { settings, secrets, say, timeoutMs } = this.#wish;
    const key = await mintedKey({
      ...{ client, say, tags: settings.tags, apiUrl: this.#apiUrl() },
      description: `clusteros ${settings.hostname || 'node'}`,
      timeoutMs: Math.min(Math.ceil(timeoutMs / (settings.authKey === undefined ? 1 : 2)), 2 ** 31 - 1),
    });
    secrets.add(key);
    return key;
  }

  /** Has tailscaled take the key, and waits until that has come to something. */
  async #enrol(key: string, isRenewal: boolean): Promise<void> {
    const { host, keyFolder, settings, say } = this.#wish;
    const file = await KeyFile.write(host, keyFolder, key);
    const asked = settings.tags.length === 0 ? undefined : settings.tags;
    try {
      try {
        await this.#up(this.#request(file.path, isRenewal, asked));
      } catch (error) {
        if (!(error instanceof Refused) || error.reason !== 'tag-not-owned' || !asked) throw error;
        // headscale gives the tags of a key that has some only to who asks for none.
        say('the control server gives no tags that are asked for: trying with those of the key alone');
        await this.#up(this.#request(file.path, isRenewal, []));
      }
    } finally {
      await file.remove();
    }
  }

  #request(keyFile: string, isRenewal: boolean, tags: readonly string[] | undefined): UpRequest {
    const { hostname, loginServer } = this.#wish.settings;
    return { ...{ keyFile, tags, hostname, loginServer, isRenewal }, timeoutS: upTimeoutS };
  }

  /** Runs `tailscale up`; once more when tailscaled only repeats what it has said to an earlier try. @throws BootError as {@link #upOnce} */
  async #up(request: UpRequest): Promise<void> {
    const former = lastLoginError((await this.#status())?.Health ?? []);
    try {
      await this.#upOnce(request);
    } catch (error) {
      if (!(error instanceof Refused) || former === '' || !error.words.includes(former)) throw error;
      for (let waitedMs = 0; waitedMs < formerErrorMs; waitedMs += stagePollMs) {
        await sleep(stagePollMs);
        if ((await this.#status())?.BackendState === 'Running') return;
      }
      await this.#upOnce(request);
    }
  }

  /** The status; undefined while tailscaled does not answer. */
  async #status(): Promise<Status | undefined> {
    try {
      return await this.#wish.api.status({ peers: false });
    } catch (error) {
      if (error instanceof LocalApiError) return undefined;
      throw error;
    }
  }

  /** Runs `tailscale up`, with what an operator has set when it asks for that. @throws BootError when this machine is not on the tailnet in the end */
  async #upOnce(request: UpRequest): Promise<void> {
    const first = upArguments(request);
    const words = await this.#tailscale(first);
    const kept = words === undefined ? undefined : settingsToKeep(words, first);
    if (kept === undefined || kept.length === 0) return await this.#untilRunning(words ?? '');
    this.#wish.say(`keeping what was set on this machine: ${kept.join(' ')}`);
    await this.#untilRunning((await this.#tailscale(upArguments({ ...request, kept }))) ?? '');
  }

  /** Runs the command. Resolves with its words when it fails. */
  async #tailscale(args: readonly string[]): Promise<string | undefined> {
    const { host, tailscale, api } = this.#wish;
    const outcome = await host.run(tailscale, ['--socket', api.socket, ...args], {
      timeoutMs: upTimeoutS * 1000 + upGraceMs,
    });
    if (outcome.exitCode === 127)
      throw new BootError(
        exitCode.usage,
        `${tailscale} is not installed`,
        'install the package tailscale, or name the program with --tailscale',
      );
    return outcome.exitCode === 0 ? undefined : `${outcome.stderr}\n${outcome.stdout}`.trim();
  }

  /** tailscaled goes on by itself after the command has given up: its state counts. */
  async #untilRunning(words: string): Promise<void> {
    for (;;) {
      const status = await this.#status();
      if (status?.BackendState === 'Running') return;
      const why = lastLoginError(status?.Health ?? []) || words;
      const refusal = refusalIn(why);
      if (refusal) throw new Refused(refusal, why);
      if (status?.BackendState === 'NeedsMachineAuth') {
        const { text, mend } = stageOf(status, new Set());
        throw new BootError(exitCode.refused, text, mend);
      }
      if (performance.now() + stagePollMs > this.#deadlineMs)
        throw new BootError(
          exitCode.failed,
          `this machine is not on its tailnet: ${oneLine(why) || (status?.BackendState ?? 'tailscaled does not answer')}`,
          'see "tailscale status" and "journalctl -u tailscaled -n 30"',
        );
      await sleep(stagePollMs);
    }
  }

  /** Looks whether it came out as it should, and writes down on which machine. */
  async #done(how: string): Promise<string> {
    const { settings, host, isDryRun, enrolmentFile } = this.#wish;
    const { BackendState, Self } = await this.#settledStatus();
    const missing = settings.tags.filter(tag => !Self?.Tags.includes(tag));
    if (BackendState !== 'Running' || !Self)
      throw new BootError(exitCode.failed, `tailscaled is ${BackendState} again`, 'see "tailscale status"');
    if (missing.length > 0)
      throw new BootError(
        exitCode.refused,
        `this machine is on the tailnet, but the tailnet did not give it ${missing.join(', ')}`,
        "use a key that was made for these tags, or name their owner in tagOwners of the tailnet's policy; where the node had other tags before, remove it in the admin console first",
      );
    if (!isDryRun) {
      const machine = await machineIdentity(host);
      const enrolment = machine === undefined ? undefined : { machine, stableId: Self.ID };
      const known = await readEnrolment(host, enrolmentFile);
      if (enrolment && (known?.machine !== machine || how !== 'nothing to do'))
        await writeEnrolment(host, enrolment, enrolmentFile);
    }
    const name = Self.DNSName.replace(/\.$/, '') || Self.HostName;
    const tags = Self.Tags.length === 0 ? 'without tags' : Self.Tags.join(', ');
    return `${how}: ${name} is on the tailnet as ${Self.TailscaleIPs.join(', ')}, ${tags}`;
  }

  /** Two machines with one state would be one node; signing in again here would throw the other out. */
  async #refuseClone(): Promise<void> {
    const { host, enrolmentFile, api } = this.#wish;
    const known = await readEnrolment(host, enrolmentFile);
    if (!known) return;
    const status = await api.status({ peers: false }).catch(() => undefined);
    const verdict = enrolmentVerdict(known, await machineIdentity(host), status?.Self?.ID || undefined);
    if (verdict !== 'cloned' || !status?.HaveNodeKey) return;
    throw new BootError(
      exitCode.refused,
      "tailscaled's state is that of another machine: the disk was copied after it had been enrolled",
      'here: systemctl stop tailscaled, rm /var/lib/tailscale/tailscaled.state, systemctl start tailscaled tailscale-auth; not "tailscale logout", which ends the original too',
    );
  }

  #apiUrl(): string {
    return this.#wish.apiUrl ?? (this.#wish.settings.loginServer || tailscaleApi);
  }

  #plan(task: Exclude<Task, { kind: 'nothing' }>): string {
    if (task.kind === 'switch-on') return 'would run: tailscale up';
    const { oauth, authKey, tags } = this.#wish.settings;
    const args = upArguments(
      this.#request(`${this.#wish.keyFolder}/key`, task.isRenewal, tags.length === 0 ? undefined : tags),
    );
    const ways = [
      ...(oauth ? [`ask ${new URL(this.#apiUrl()).host} for a single-use key for ${tags.join(', ')}`] : []),
      ...(authKey === undefined ? [] : ['use the static key TAILSCALE_AUTHKEY']),
    ];
    return [
      task.why,
      `would ${ways.join('; when that fails ') || 'fail: there is no key'}`,
      `would run: tailscale ${args.join(' ')}`,
    ].join('\n');
  }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 300);
}
