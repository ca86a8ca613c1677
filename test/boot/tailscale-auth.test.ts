// tailscale-auth against an API and a control server that answer as they are documented: what comes of it, with which exit code and
// mend, and never a secret in what it says (bench.ts looks for them in every run).
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { device } from '../integrations/tailscale/fake-tailscaled.ts';
import { Bench, staticKey } from './bench.ts';
import { client, complaint, goodKey, goodToken, mintedKey } from './fake-api.ts';

const limit = { timeout: 60_000 };

/** Declares a case with a bench of its own. */
function onBench(title: string, run: (bench: Bench) => Promise<void>): void {
  test(title, limit, async () => {
    const bench = await Bench.start();
    try {
      await run(bench);
    } finally {
      await bench.dispose();
    }
  });
}

/** Has `tailscale up` refused with these words, and the machine stay where it is. */
function refuse(bench: Bench, words: string): void {
  bench.tailscaled.onCommand = () => {
    bench.tailscaled.health = [`You are logged out. The last login error was: ${words}`];
    return { exitCode: 1, stderr: `backend error: ${words}\n` };
  };
}

// Most of the time is waiting between tries and for processes to start.
describe('tailscale-auth', { concurrency: 3 }, () => {
  onBench('settings that are not where it was told are named, in its own words', async bench => {
    const { exitCode, stderr } = await bench.run('tailscale-auth', [
      '--settings',
      '/nonexistent/tailscale.env',
    ]);
    assert.equal(exitCode, 2);
    assert.match(stderr, /^error: .*\/nonexistent\/tailscale\.env/);
    // Taken by node itself it would be in the environment of all that is started.
    assert.doesNotMatch((await bench.run('tailscale-auth', ['--help'])).stdout, /--env-file/);
  });

  onBench(
    'an OAuth client gets a single-use, tagged, pre-authorised key, and tailscale gets it by a file',
    async bench => {
      bench.oauth({ TAILSCALE_HOSTNAME: 'atlas', TAILSCALE_TAGS: 'tag:cluster' });
      const keys: (string | undefined)[] = [];
      const { onCommand } = bench.tailscaled;
      bench.tailscaled.onCommand = (args, key) => {
        keys.push(key);
        return onCommand(args, key);
      };
      const { exitCode, stdout } = await bench.auth();
      assert.equal(exitCode, 0);
      assert.match(
        stdout,
        /^enrolled .*: atlas\.lab\.ts\.net is on the tailnet as 100\.64\.0\.1, .*tag:cluster\n$/,
      );
      const [token, key] = bench.api.questions;
      assert.deepEqual(Object.fromEntries(new URLSearchParams(token?.body)), {
        client_id: client.id,
        client_secret: client.secret,
        grant_type: 'client_credentials',
      });
      assert.equal(key?.path, '/api/v2/tailnet/-/keys');
      assert.equal(key?.authorization, `Bearer ${(goodToken.body as { access_token: string }).access_token}`);
      assert.deepEqual(JSON.parse(key?.body ?? ''), {
        capabilities: {
          devices: {
            create: { reusable: false, ephemeral: false, preauthorized: true, tags: ['tag:cluster'] },
          },
        },
        expirySeconds: 300,
        description: 'clusteros atlas',
      });
      assert.deepEqual(keys, [mintedKey]);
      const [command] = bench.tailscaled.commands;
      assert.deepEqual(
        command?.map(arg => arg.replace(/file:.*/, 'file:...')),
        [
          ...['up', '--auth-key=file:...', '--accept-dns=false', '--advertise-tags=tag:cluster'],
          ...['--hostname=atlas', '--timeout=20s'],
        ],
      );
    },
  );

  onBench(
    'a machine that is on the tailnet with its tags is left alone, and nobody is asked for a key',
    async bench => {
      bench.tailscaled.onCommand([], undefined);
      bench.oauth();
      for (let round = 0; round < 2; round += 1) {
        const { exitCode, stdout } = await bench.auth();
        assert.equal(exitCode, 0);
        assert.match(stdout, /^nothing to do: atlas/);
      }
      assert.deepEqual(bench.api.questions, []);
      assert.deepEqual(bench.tailscaled.commands, []);
    },
  );

  onBench('a static key is used as it is', async bench => {
    bench.settings({ TAILSCALE_AUTHKEY: staticKey, TAILSCALE_LOGIN_SERVER: 'https://control.example.com' });
    const { exitCode, stdout } = await bench.auth();
    assert.equal(exitCode, 0);
    assert.match(stdout, /static key/);
    assert.ok(bench.tailscaled.commands[0]?.includes('--login-server=https://control.example.com'));
    assert.deepEqual(bench.api.questions, []);
  });

  const refusals: readonly [string, (bench: Bench) => void, RegExp, RegExp][] = [
    [
      'a client that the API does not know',
      bench => {
        bench.api.tokens = [complaint(401, 'API token invalid')];
      },
      /does not accept the OAuth client \(HTTP 401: API token invalid\)/,
      /TAILSCALE_OAUTH_CLIENT_SECRET/,
    ],
    [
      'a client without the scope',
      bench => {
        bench.api.tokens = [
          { ...goodToken, body: { access_token: 'tskey-api-canary', scope: 'devices:core' } },
        ];
        bench.api.keys = [
          complaint(403, 'calling actor does not have enough permissions to perform this function'),
        ];
      },
      /gives no key \(HTTP 403: calling actor does not have/,
      /scope auth_keys \(write\).*it has devices:core/,
    ],
    [
      'a tag that the client does not own',
      bench => {
        bench.api.keys = [complaint(400, 'requested tags [tag:cluster] are invalid or not permitted')];
      },
      /requested tags \[tag:cluster\] are invalid/,
      /exactly tag:cluster, or a tag that owns it.*tagOwners/,
    ],
    [
      'a refusal that is not known',
      bench => {
        bench.api.keys = [complaint(404, 'tailnet not found')];
      },
      /HTTP 404: tailnet not found/,
      /--dry-run/,
    ],
    [
      "a control server that refuses the minted key's tags",
      bench => refuse(bench, 'requested tags [tag:cluster] are invalid or not permitted'),
      /does not let this machine in: requested tags/,
      /tagOwners/,
    ],
  ];
  for (const [what, prepare, error, hint] of refusals)
    onBench(`${what} ends it with 4 and the mend, after one try`, async bench => {
      bench.oauth();
      prepare(bench);
      const { exitCode, stderr, stdout } = await bench.auth();
      assert.equal(exitCode, 4, stderr);
      assert.match(stderr, error);
      assert.match(stderr, new RegExp(`hint: .*${hint.source}`));
      assert.equal(stdout, '');
      assert.ok(bench.api.questions.filter(({ path }) => path.endsWith('/token')).length === 1);
    });

  const badKeys: readonly [string, string, RegExp][] = [
    ['an expired key', 'authkey expired', /make a new key/],
    [
      'an expired key, in the words of Tailscale',
      'invalid key: API key kStatic has expired',
      /make a new key/,
    ],
    ['a key that was used', 'authkey already used', /for one machine only/],
    ['a key that nobody knows', 'invalid key: unable to validate API key', /whole and of this tailnet/],
    ['a key that is no key', 'invalid key: API key does not exist', /whole and of this tailnet/],
  ];
  for (const [what, words, hint] of badKeys)
    onBench(`${what} ends it with 4 and the mend`, async bench => {
      bench.settings({ TAILSCALE_AUTHKEY: staticKey });
      refuse(bench, `${words} ${staticKey}`);
      const { exitCode, stderr } = await bench.auth();
      assert.equal(exitCode, 4, stderr);
      assert.match(stderr, new RegExp(`hint: .*${hint.source}`));
      assert.match(stderr, /tskey-\(hidden\)|\(hidden\)/, 'what it was given comes back, without the secret');
      assert.equal(bench.tailscaled.commands.length, 1);
    });

  const troubles: readonly [string, (bench: Bench) => void, RegExp][] = [
    [
      'too many questions (429)',
      bench => {
        bench.api.tokens = [complaint(429, 'slow down', { 'Retry-After': '1' }), goodToken];
      },
      /wants fewer questions \(HTTP 429: slow down\); trying again/,
    ],
    [
      'trouble of the API (500)',
      bench => {
        bench.api.keys = [complaint(500, 'internal server error'), complaint(503, 'no'), goodKey];
      },
      /trouble of its own \(HTTP 500: internal server error\); trying again[\s\S]*503/,
    ],
    [
      'an answer that is none',
      bench => {
        bench.api.tokens = [{ status: 200, body: '<html>sign in to the hotel, canary</html>' }, goodToken];
      },
      /bytes that are not an access token; trying again/,
    ],
  ];
  for (const [what, prepare, said] of troubles)
    onBench(`${what} passes, and the next try succeeds`, async bench => {
      bench.oauth();
      prepare(bench);
      const { exitCode, stderr } = await bench.auth();
      assert.equal(exitCode, 0, stderr);
      assert.match(stderr, said);
    });

  onBench('an API that stays silent ends it with 1 when its time is over', async bench => {
    bench.oauth();
    bench.api.tokens = [undefined];
    const startedAt = performance.now();
    const { exitCode, stderr } = await bench.auth('--timeout', '2s');
    assert.equal(exitCode, 1, stderr);
    assert.match(stderr, /no key within 2 s/);
    assert.ok(performance.now() - startedAt < 8000);
  });

  onBench('an API that cannot be reached ends it with 1, and says where it is', async bench => {
    bench.oauth();
    const { exitCode, stderr } = await bench.auth('--timeout', '2s', '--api-url', 'http://127.0.0.1:9');
    assert.equal(exitCode, 1, stderr);
    assert.match(stderr, /127\.0\.0\.1:9 cannot be reached \(.+\); trying again/);
  });

  for (const [what, answer] of [
    ['a bad client', complaint(401, 'API token invalid')],
    ['an API that is silent', undefined],
  ] as const)
    onBench(`with ${what} the static key is taken, and it is said`, async bench => {
      bench.oauth({ TAILSCALE_AUTHKEY: staticKey });
      bench.api.tokens = [answer];
      const { exitCode, stdout, stderr } = await bench.auth('--timeout', '6s');
      assert.equal(exitCode, 0, stderr);
      assert.match(stderr, /no way in by the OAuth client: .*\n(.*\n)?falling back to the static key/);
      assert.match(stdout, /enrolled with the static key/);
    });

  onBench('an API that sends us elsewhere gets no secret there', async bench => {
    bench.oauth();
    bench.api.tokens = [
      { status: 307, body: '', headers: { Location: `${bench.api.url}/elsewhere/oauth/token` } },
    ];
    const { exitCode } = await bench.auth('--timeout', '2s');
    assert.equal(exitCode, 1);
    assert.ok(!bench.api.questions.some(({ path }) => path.includes('elsewhere')));
  });

  onBench('the secret of a client goes nowhere in the open', async bench => {
    bench.oauth();
    const { exitCode, stderr } = await bench.auth('--api-url', 'http://192.0.2.1');
    assert.equal(exitCode, 2);
    assert.match(stderr, /would go to 192\.0\.2\.1 in the open/);
  });

  onBench('what an operator has set on the machine is said again, and --reset never', async bench => {
    bench.settings({ TAILSCALE_AUTHKEY: staticKey });
    const { onCommand } = bench.tailscaled;
    bench.tailscaled.onCommand = (args, key) =>
      args.includes('--accept-routes')
        ? onCommand(args, key)
        : {
            exitCode: 1,
            stderr: `Error: changing settings via 'tailscale up' requires mentioning all\nnon-default flags. To proceed, either re-run your command with --reset or\nuse the command below to explicitly mention the current value of\nall non-default settings:\n\n\ttailscale up ${args.slice(1).join(' ')} --accept-routes --hostname='my box' --operator=ada\n\n`,
          };
    const { exitCode, stderr } = await bench.auth();
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(bench.tailscaled.commands[1]?.slice(-3), [
      '--accept-routes',
      '--hostname=my box',
      '--operator=ada',
    ]);
    for (const args of bench.tailscaled.commands) assert.ok(!args.includes('--reset'));
  });

  onBench('a control server that gives tags only to who asks for none is asked again', async bench => {
    bench.settings({ TAILSCALE_AUTHKEY: staticKey });
    const { onCommand } = bench.tailscaled;
    bench.tailscaled.onCommand = (args, key) => {
      if (args.includes('--advertise-tags=')) return onCommand(args, key);
      return {
        exitCode: 1,
        stderr: 'backend error: requested tags [tag:cluster] are invalid or not permitted',
      };
    };
    const { exitCode, stderr } = await bench.auth();
    assert.equal(exitCode, 0, stderr);
    assert.equal(bench.tailscaled.commands.length, 2);
  });

  onBench(
    'a machine on the tailnet without its tag is not cut off for it, unless that is wanted',
    async bench => {
      bench.tailscaled.onCommand([], undefined);
      bench.tailscaled.self = device('atlas', 1);
      bench.settings({ TAILSCALE_AUTHKEY: staticKey });
      const refused = await bench.auth();
      assert.equal(refused.exitCode, 4);
      assert.match(refused.stderr, /without tag:cluster\nhint: run "tailscale-auth --renew"/);
      assert.equal(bench.tailscaled.commands.length, 0);
      bench.tailscaled.onCommand = () => {
        bench.tailscaled.self = device('atlas', 1, { Tags: ['tag:cluster'] });
        return { exitCode: 0, stderr: '' };
      };
      const renewed = await bench.auth('--renew');
      assert.equal(renewed.exitCode, 0, renewed.stderr);
      assert.ok(bench.tailscaled.commands[0]?.includes('--force-reauth'));
    },
  );

  onBench('a key without the tags is told from success', async bench => {
    bench.settings({ TAILSCALE_AUTHKEY: staticKey });
    bench.tailscaled.onCommand = () => {
      Object.assign(bench.tailscaled, { state: 'Running', self: device('atlas', 1), haveNodeKey: true });
      return { exitCode: 0, stderr: '' };
    };
    const { exitCode, stderr } = await bench.auth();
    assert.equal(exitCode, 4);
    assert.match(stderr, /did not give it tag:cluster/);
  });

  onBench('tailscaled that is switched off is switched on, without a key', async bench => {
    const { tailscaled } = bench;
    const { onCommand } = tailscaled;
    onCommand([], undefined);
    tailscaled.state = 'Stopped';
    bench.oauth();
    const { exitCode, stdout } = await bench.auth();
    assert.equal(exitCode, 0);
    assert.match(stdout, /^switched on: /);
    assert.deepEqual(tailscaled.commands, [['up']]);
    assert.deepEqual(bench.api.questions, []);
  });

  onBench('a machine that waits for its approval is told so, and no key is spent', async bench => {
    bench.tailscaled.state = 'NeedsMachineAuth';
    bench.oauth();
    const { exitCode, stderr } = await bench.auth();
    assert.equal(exitCode, 4);
    assert.match(stderr, /waits for its approval/);
    assert.deepEqual(bench.api.questions, []);
  });

  onBench('a machine that is enrolled and has no network waits, and spends no key', async bench => {
    bench.tailscaled.onCommand([], undefined);
    bench.tailscaled.state = 'Starting';
    bench.oauth();
    const { exitCode, stderr } = await bench.auth('--timeout', '1s');
    assert.equal(exitCode, 1);
    assert.match(stderr, /no word from its control server/);
    assert.deepEqual(bench.tailscaled.commands, []);
  });

  onBench('without any key it ends with 2 and says what to write where', async bench => {
    bench.settings({});
    const { exitCode, stderr } = await bench.auth();
    assert.equal(exitCode, 2);
    assert.match(
      stderr,
      /not signed in to a tailnet .*has no key[\s\S]*hint: put TAILSCALE_AUTHKEY, or TAILSCALE_OAUTH_CLIENT_ID/,
    );
  });

  onBench('a machine without tailscaled or tailscale is told what is missing', async bench => {
    bench.settings({ TAILSCALE_AUTHKEY: staticKey });
    const noProgram = await bench.auth('--tailscale', '/nowhere/tailscale');
    assert.equal(noProgram.exitCode, 2);
    assert.match(noProgram.stderr, /\/nowhere\/tailscale is not installed/);
    await bench.tailscaled.stop();
    const { exitCode, stderr } = await bench.auth('--timeout', '1s');
    assert.equal(exitCode, 1);
    assert.match(stderr, /there is no socket/);
  });

  onBench('tailscaled that comes late is waited for', async bench => {
    bench.settings({ TAILSCALE_AUTHKEY: staticKey });
    await bench.tailscaled.stop();
    const run = bench.auth();
    await new Promise(resolve => setTimeout(resolve, 800));
    await bench.tailscaled.listen();
    assert.equal((await run).exitCode, 0);
  });

  onBench('--dry-run says what would be done, and does nothing', async bench => {
    bench.oauth({ TAILSCALE_AUTHKEY: staticKey });
    const { exitCode, stdout } = await bench.auth('--dry-run');
    assert.equal(exitCode, 0);
    assert.match(
      stdout,
      /would ask 127\.0\.0\.1:\d+ for a single-use key for tag:cluster; when that fails use the static key/,
    );
    assert.match(stdout, /would run: tailscale up --auth-key=file:/);
    assert.deepEqual([bench.api.questions, bench.tailscaled.commands], [[], []]);
    assert.ok(!existsSync(bench.enrolmentFile));
  });

  onBench('credentials of systemd are read in place of the file, and single ones over it', async bench => {
    const folder = join(bench.tailscaled.folder, 'credentials');
    mkdirSync(folder);
    writeFileSync(join(folder, 'tailscale.env'), 'TAILSCALE_HOSTNAME=fromfile\n', { mode: 0o400 });
    writeFileSync(join(folder, 'TAILSCALE_AUTHKEY'), `${staticKey}\n`, { mode: 0o400 });
    const keys: (string | undefined)[] = [];
    const { onCommand } = bench.tailscaled;
    bench.tailscaled.onCommand = (args, key) => {
      keys.push(key);
      return onCommand(args, key);
    };
    const args = ['--tailscale', bench.program, '--enrolment-file', bench.enrolmentFile];
    const { exitCode, stderr } = await bench.run('tailscale-auth', args, { CREDENTIALS_DIRECTORY: folder });
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(keys, [staticKey]);
    assert.ok(bench.tailscaled.commands.flat().includes('--hostname=fromfile'));
  });

  onBench('a disk that was enrolled on another machine is not signed in again', async bench => {
    bench.tailscaled.onCommand([], undefined);
    bench.settings({ TAILSCALE_AUTHKEY: staticKey });
    assert.equal((await bench.auth()).exitCode, 0);
    // Where the hardware has no number of its own nothing is written, and nothing can be told.
    if (!existsSync(bench.enrolmentFile)) return;
    const written = JSON.parse(readFileSync(bench.enrolmentFile, 'utf8')) as {
      machine: string;
      stableId: string;
    };
    assert.equal(written.stableId, 'n1CNTRL');
    writeFileSync(bench.enrolmentFile, JSON.stringify({ ...written, machine: 'another' }));
    const { exitCode, stderr } = await bench.auth();
    assert.equal(exitCode, 4);
    assert.match(stderr, /is that of another machine[\s\S]*rm \/var\/lib\/tailscale\/tailscaled\.state/);
  });

  onBench('a run that is told to end leaves no key behind', async bench => {
    bench.settings({ TAILSCALE_AUTHKEY: staticKey });
    bench.tailscaled.onCommand = () => {
      bench.child?.kill('SIGTERM');
      return { exitCode: 0, stderr: '' };
    };
    assert.equal((await bench.auth()).exitCode, 143);
  });

  onBench('a command that does nothing of use ends it with 1 when its time is over', async bench => {
    bench.settings({ TAILSCALE_AUTHKEY: staticKey });
    bench.tailscaled.onCommand = () => ({ exitCode: 0, stderr: '' });
    const { exitCode, stderr } = await bench.auth('--timeout', '1s');
    assert.equal(exitCode, 1, stderr);
    assert.match(stderr, /is not on its tailnet: NeedsLogin/);
  });

  onBench(
    'a minted key that was used up by a try whose answer was lost is replaced by another',
    async bench => {
      bench.oauth();
      const { onCommand, health } = bench.tailscaled;
      let count = 0;
      bench.tailscaled.onCommand = (args, key) => {
        count += 1;
        bench.tailscaled.health =
          count === 1 ? ['You are logged out. The last login error was: authkey already used'] : health;
        return count === 1
          ? { exitCode: 1, stderr: 'backend error: authkey already used' }
          : onCommand(args, key);
      };
      const { exitCode, stderr } = await bench.auth();
      assert.equal(exitCode, 0, stderr);
      assert.match(stderr, /answer was lost: getting another/);
      assert.equal(bench.api.questions.filter(({ path }) => path.endsWith('/keys')).length, 2);
    },
  );

  onBench(
    'what tailscaled still says of the try before is not taken for an answer to this one',
    async bench => {
      bench.settings({ TAILSCALE_AUTHKEY: staticKey });
      const { onCommand } = bench.tailscaled;
      bench.tailscaled.health = ['You are logged out. The last login error was: authkey already used'];
      bench.tailscaled.onCommand = (args, key) =>
        bench.tailscaled.commands.length === 1
          ? { exitCode: 1, stderr: 'backend error: authkey already used' }
          : onCommand(args, key);
      const { exitCode, stderr } = await bench.auth();
      assert.equal(exitCode, 0, stderr);
      assert.equal(bench.tailscaled.commands.length, 2);
    },
  );
});
