// The arguments of `tailscale up`, and what its words mean: those of Tailscale, and of headscale v0.29.2 as it said them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  lastLoginError,
  refusalIn,
  settingsToKeep,
  type UpRequest,
  upArguments,
} from '../../../src/integrations/tailscale/up.ts';

const request: UpRequest = {
  keyFile: '/run/tailscale-auth/key-1',
  tags: ['tag:cluster', 'tag:lab'],
  hostname: 'atlas',
  loginServer: 'https://control.example.com',
  isRenewal: false,
  timeoutS: 20,
};

test('a key goes by its file, DNS stays as it is, and nothing is reset', () => {
  assert.deepEqual(upArguments(request), [
    'up',
    '--auth-key=file:/run/tailscale-auth/key-1',
    '--accept-dns=false',
    '--advertise-tags=tag:cluster,tag:lab',
    '--hostname=atlas',
    '--login-server=https://control.example.com',
    '--timeout=20s',
  ]);
});

test('what is not told is left to tailscale, and tags that were asked for are taken back', () => {
  const args = upArguments({ ...request, tags: undefined, hostname: '', loginServer: '', isRenewal: true });
  assert.deepEqual(args.slice(2), [
    '--accept-dns=false',
    '--force-reauth',
    '--accept-risk=lose-ssh',
    '--timeout=20s',
  ]);
  assert.ok(upArguments({ ...request, tags: [] }).includes('--advertise-tags='));
});

const refusal = (line: string) => `Error: changing settings via 'tailscale up' requires mentioning all
non-default flags. To proceed, either re-run your command with --reset or
use the command below to explicitly mention the current value of
all non-default settings:

\ttailscale up ${line}

`;

test('settings that have to be said again are those that were not said', () => {
  const said = upArguments({ ...request, hostname: '' });
  const line = `${said.slice(1).join(' ')} --accept-routes --advertise-routes=10.0.0.0/8,192.168.0.0/24 --hostname='ada'"'"'s box' --netfilter-mode=off`;
  assert.deepEqual(settingsToKeep(refusal(line), said), [
    '--accept-routes',
    '--advertise-routes=10.0.0.0/8,192.168.0.0/24',
    "--hostname=ada's box",
    '--netfilter-mode=off',
  ]);
  assert.equal(settingsToKeep('backend error: no', said), undefined);
});

test('words of control servers are told apart', () => {
  const said: Readonly<Record<string, string | undefined>> = {
    'handling register with auth key: creating new node: requested tags [tag:cluster] are invalid or not permitted':
      'tag-not-owned',
    'backend error: requested tags [tag:x] are invalid or not permitted': 'tag-not-owned',
    'authkey expired': 'key-expired',
    'authkey already used': 'key-used',
    'handling register with auth key: invalid auth key: crypto/bcrypt: hashedPassword is not the hash of the given password':
      'key-unknown',
    'backend error: invalid key: unable to validate API key': 'key-unknown',
    'invalid key: API key kabc not valid': 'key-unknown',
    'invalid key: API key does not exist': 'key-unknown',
    'timeout waiting for Tailscale service to enter a Running state; check health with "tailscale status"':
      undefined,
    'register request: http 500: internal server error': undefined,
    'fetch control key: Get "https://controlplane.tailscale.com/key?v=1": dial tcp: lookup controlplane.tailscale.com: no such host':
      undefined,
    'context deadline exceeded': undefined,
    '': undefined,
  };
  for (const [words, reason] of Object.entries(said)) assert.equal(refusalIn(words)?.reason, reason, words);
});

test('the last try to sign in is found among what tailscaled finds wrong', () => {
  const health = ['Tailscale is starting.', 'You are logged out. The last login error was: authkey expired'];
  assert.equal(lastLoginError(health), 'authkey expired');
  assert.equal(lastLoginError(['You are logged out.']), '');
});
