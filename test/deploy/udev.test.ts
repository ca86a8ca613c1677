// The rules for cards that come after boot, as far as they can be checked without udev; test/image/wifi.test.ts plugs one in.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('a card that comes has wifi-setup look again and its supplicant run anew, without holding udev up', () => {
  const text = readFileSync(`${root}/deploy/udev/90-clusteros-wifi.rules`, 'utf8');
  const rules = text.split('\n').filter(line => line !== '' && !line.startsWith('#'));
  const what = rules.map(rule => /RUN\+="\/bin\/systemctl --no-block (\S+ \S+)"$/.exec(rule)?.[1]);
  // A supplicant that nobody has started is netplan's to start; its name has the one that the card has at the end.
  assert.deepEqual(what, ['restart wifi-setup.service', 'try-restart netplan-wpa-$name.service']);
  const unit = readFileSync(`${root}/deploy/systemd/wifi-setup.service`, 'utf8');
  // What keeps it away from a machine that has no settings.
  assert.match(unit, /^ConditionPathExists=\|\/etc\/clusteros\/wifi\.env$/m);
});
