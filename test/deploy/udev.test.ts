// The rules for cards that come after boot, as far as they can be checked without udev; test/image/wifi.test.ts plugs one in.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('a card that comes has its supplicant and wifi-setup run anew, without holding udev up, and only where they have run', () => {
  const text = readFileSync(`${root}/deploy/udev/90-clusteros-wifi.rules`, 'utf8');
  const rules = text.split('\n').filter(line => line !== '' && !line.startsWith('#'));
  // "restart" would start them during boot before their turn, and on a machine that has no WiFi settings.
  const units = rules.map(
    rule => /RUN\+="\/bin\/systemctl --no-block try-restart (\S+)"$/.exec(rule)?.[1] ?? rule,
  );
  // The name is netplan's, and the one that the card has at the end.
  assert.deepEqual(units, ['netplan-wpa-$name.service', 'wifi-setup.service']);
  assert.ok(existsSync(`${root}/deploy/systemd/wifi-setup.service`));
});
