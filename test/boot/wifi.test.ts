// WiFi on a machine that has nothing else: applied once, tried before it is kept, taken back when the tailnet is lost, and whole
// after a power cut at any step.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BootError } from '../../src/boot/ending.ts';
import { applyWifi } from '../../src/boot/wifi.ts';
import { trialPlan } from '../../src/boot/wifi-trial.ts';
import { file, netplanFile, PowerCut, secretOf, settingsFor, WifiBench } from './wifi-bench.ts';

const applies = (bench: WifiBench) => bench.host.commands.filter(each => each === 'netplan apply').length;
const trial = `${file}.trial`;

test('settings are applied once, for root alone, and nothing is left of the check', async () => {
  const bench = new WifiBench();
  bench.host.put(file, settingsFor('home'));
  assert.match(await applyWifi(bench.machine), /^applied: "home" \(wpa2\), on wlan0$/);
  assert.equal(bench.network, 'home');
  assert.equal(bench.host.files.get(netplanFile)?.mode, 0o600);
  assert.match(await applyWifi(bench.machine), /^nothing to do/);
  assert.equal(applies(bench), 1);
  assert.deepEqual(
    [...bench.host.files.keys()].filter(each => each.startsWith('/run/')),
    [],
  );
});

test('without a network there is no file, and one that is taken out of the settings goes', async () => {
  const bench = new WifiBench();
  assert.match(await applyWifi(bench.machine), /^nothing to do: no WiFi network is set/);
  await bench.runsOn('home');
  bench.host.put(file, '');
  await applyWifi(bench.machine);
  assert.equal(bench.host.files.has(netplanFile), false);
  assert.equal(bench.applied, '');
});

test('a card that comes late is waited for, and a machine without one goes on', async () => {
  const bench = new WifiBench();
  bench.host.files.delete('/sys/class/net/wlan0/carrier');
  bench.host.put(file, settingsFor('home'));
  assert.match(await applyWifi(bench.machine), /this machine has no WiFi card/);
  assert.equal(bench.host.nowMs, 10_000);
  bench.host.put('/sys/class/net/wlp2s0/carrier', '0');
  assert.match(await applyWifi(bench.machine), /^applied.*on wlp2s0/);
});

test('a card whose supplicant is gone is served again, with the settings as they are', async () => {
  const bench = await new WifiBench().runsOn('home');
  const before = applies(bench);
  bench.host.programs.set('systemctl', ([verb, unit]) =>
    verb === 'is-active' && unit === 'netplan-wpa-wlan0.service' ? { exitCode: 3, stdout: 'inactive\n' } : {},
  );
  assert.match(await applyWifi(bench.machine), /^applied: "home"/);
  assert.equal(applies(bench), before + 1);
  // Where no systemd answers, nothing is known of it.
  bench.host.programs.set('systemctl', () => ({ exitCode: 1, stderr: 'no systemd' }));
  assert.match(await applyWifi(bench.machine), /^nothing to do/);
});

test('what netplan does not take is not put in place, and its words are said without the passphrase', async () => {
  const bench = await new WifiBench().runsOn('home');
  bench.complaint = text => (text.includes('other') ? `Error: bad value ${secretOf('other')}` : '');
  bench.host.put(file, settingsFor('other'));
  await assert.rejects(applyWifi(bench.machine), (error: BootError) => {
    assert.equal(error.exitCode, 2);
    assert.match(error.message, /netplan does not take .*bad value \(hidden\)$/);
    return true;
  });
  assert.equal(bench.network, 'home');
  assert.match(bench.host.text(netplanFile), /home/);
});

test('netplan looks at it beside all else that it reads', async () => {
  const bench = new WifiBench();
  bench.host.put('/etc/netplan/50-other.yaml', 'network: {}');
  bench.host.put('/etc/netplan/50-other.yaml.bak', '');
  await bench.runsOn('home');
  assert.deepEqual([...bench.looked].sort(), ['/etc/netplan/50-other.yaml', netplanFile]);
});

test('a netplan that knows no WPA3 has the other networks, and says which it cannot have', async () => {
  const bench = new WifiBench();
  bench.complaint = text => (text.includes('sae') ? "unknown key management type 'sae'" : '');
  const three = 'WIFI_SSID_2=three\nWIFI_KEY_2=canary-three\nWIFI_SECURITY_2=wpa3\n';
  bench.host.put(file, settingsFor('home') + three);
  await applyWifi(bench.machine);
  assert.equal(bench.network, 'home');
  assert.match(bench.said.join('\n'), /too old for WPA3 .*"three" left out/);
  bench.host.put(file, three);
  await assert.rejects(applyWifi(bench.machine), (error: BootError) => /set wpa2/.test(error.mend));
});

test('what could not be applied is applied by the next run', async () => {
  const bench = new WifiBench();
  bench.host.put(file, settingsFor('home'));
  bench.applyFails = true;
  await assert.rejects(applyWifi(bench.machine), (error: BootError) => error.exitCode === 1);
  bench.applyFails = false;
  assert.match(await applyWifi(bench.machine), /^applied/);
  assert.equal(bench.network, 'home');
});

test('without netplan it says what to install', async () => {
  const bench = new WifiBench();
  bench.host.programs.delete('netplan');
  bench.host.put(file, settingsFor('home'));
  await assert.rejects(applyWifi(bench.machine), (error: BootError) => /netplan\.io/.test(error.mend));
});

test('new settings are kept once the tailnet has held for some seconds', async () => {
  const bench = await new WifiBench().runsOn('home');
  assert.match(await bench.set('other'), /^kept/);
  assert.equal(bench.settings, settingsFor('other'));
  assert.equal(bench.network, 'other');
  assert.equal(bench.host.files.has(trial), false);
  // Should it be killed: armed before anything is changed, and for longer than the trial.
  assert.match(
    bench.host.commands[0] ?? '',
    /^systemd-run .*--on-active=120s .*systemctl restart wifi-setup\.service$/,
  );
  assert.ok(bench.host.nowMs >= 5000);
  assert.match(bench.host.commands.at(-1) ?? '', /systemctl stop wifi-setup-rollback\.timer/);
});

test('settings that lose the tailnet are taken back when the time is up', async () => {
  const bench = await new WifiBench().runsOn('home');
  await assert.rejects(bench.set('nowhere'), (error: BootError) => {
    assert.equal(error.exitCode, 7);
    assert.match(
      error.message,
      /none of the members that were reached \(borea\).*the former WiFi settings are back/,
    );
    return true;
  });
  assert.equal(bench.network, 'home');
  assert.equal(bench.settings, settingsFor('home'));
  assert.equal(bench.host.files.has(trial), false);
  assert.ok(bench.host.nowMs >= 60_000 && bench.host.nowMs < 63_000, String(bench.host.nowMs));
});

test('a tailnet that comes and goes has not held', async () => {
  const bench = await new WifiBench().runsOn('home');
  let looks = 0;
  bench.onLook = () => {
    looks += 1;
    if (looks % 3 === 0) bench.good.delete('other');
    else bench.good.add('other');
  };
  await assert.rejects(bench.set('other'), (error: BootError) => error.exitCode === 7);
  assert.equal(bench.network, 'home');
});

test('a machine whose members are all off has to reach the control server, and one that reached nothing the tailnet', async () => {
  const bench = await new WifiBench().runsOn('home');
  const alone = (hasControl: boolean) => async () => ({ trouble: '', peers: [], hasControl });
  let looks = 0;
  const loses = async () => {
    looks += 1;
    return await alone(looks === 1)();
  };
  await assert.rejects(bench.set('other', { look: loses }), (error: BootError) =>
    /the control server of the tailnet takes no connection/.test(error.message),
  );
  assert.match(await bench.set('other', { look: alone(false) }), /^kept/);
  await assert.rejects(
    bench.set('home', { look: async () => ({ trouble: 'not signed in', peers: [], hasControl: false }) }),
    (error: BootError) => /not signed in; the former/.test(error.message),
  );
});

test('what netplan refuses, or cannot apply, is taken back at once', async () => {
  const bench = await new WifiBench().runsOn('home');
  bench.complaint = text => (text.includes('other') ? 'Error: no' : '');
  await assert.rejects(bench.set('other'), (error: BootError) => error.exitCode === 2);
  assert.equal(bench.network, 'home');
  assert.equal(bench.host.files.has(trial), false);
});

test('while nothing can be applied the former settings stay due, and the next run puts them back', async () => {
  const bench = await new WifiBench().runsOn('home');
  bench.applyFails = true;
  await assert.rejects(bench.set('other'), (error: BootError) => error.exitCode === 1);
  assert.equal(bench.host.files.has(trial), true);
  assert.doesNotMatch(bench.host.commands.join('\n'), /systemctl stop/, 'systemd still watches over it');
  bench.applyFails = false;
  await applyWifi(bench.machine);
  assert.equal(bench.network, 'home');
  assert.equal(bench.host.files.has(trial), false);
});

test('told to end, it puts the former settings back first', async () => {
  const bench = await new WifiBench().runsOn('home');
  bench.onLook = () => {
    if (bench.network === 'nowhere') bench.stop.abort();
  };
  await assert.rejects(bench.set('nowhere'), (error: BootError) =>
    /it was told to end; the former/.test(error.message),
  );
  assert.equal(bench.network, 'home');
  assert.ok(bench.host.nowMs < 3000);
});

test('two changes at once are refused, and "apply" ends the one that is under way', async () => {
  const bench = await new WifiBench().runsOn('home');
  const second: unknown[] = [];
  bench.onLook = () => {
    if (bench.network !== 'nowhere' || second.length > 0) return;
    second.push(bench.set('other').catch((error: BootError) => error.message));
  };
  await assert.rejects(bench.set('nowhere'));
  assert.match(String(await second[0]), /another change of the WiFi is under way/);

  bench.onLook = () => {
    if (bench.network === 'other') void bench.host.removeFile(trial);
  };
  await assert.rejects(bench.set('other'), (error: BootError) => /ended from elsewhere/.test(error.message));
  assert.equal(bench.network, 'home');
});

for (const isReboot of [true, false])
  test(`${isReboot ? 'power that goes' : 'a kill'} at any step leaves the former settings, or the new ones once they are kept`, async () => {
    const outcomes = new Set<string>();
    for (const wanted of ['other', 'nowhere']) {
      for (let steps = 0; ; steps += 1) {
        const bench = await new WifiBench().runsOn('home');
        bench.stepsLeft = steps;
        const ended = await bench.set(wanted).then(
          () => 'kept',
          (error: Error) => (error instanceof PowerCut ? 'cut' : error.message),
        );
        const wasCut = bench.stepsLeft <= 0;
        if (isReboot) await bench.boot();
        else await bench.timer();
        const where = `${wanted}, gone after ${steps} steps`;
        assert.equal(bench.host.files.has(trial), false, where);
        assert.equal(bench.settings, settingsFor(bench.network), where);
        assert.ok(bench.network === 'home' || (bench.network === 'other' && wanted === 'other'), where);
        assert.match(await applyWifi(bench.machine), /^nothing to do/, where);
        outcomes.add(bench.network);
        if (!wasCut) {
          assert.equal(ended === 'kept', wanted === 'other', ended);
          break;
        }
        assert.ok(steps < 500, 'it ends');
      }
    }
    assert.deepEqual([...outcomes].sort(), ['home', 'other']);
  });

test('a plan changes nothing, and nothing that is said or run holds a passphrase', async () => {
  const bench = await new WifiBench().runsOn('home');
  const before = new Map(bench.host.files);
  const plan = await trialPlan(bench.machine, bench.trial('other'));
  assert.match(plan, /now: "home".*\nwould try: "other" \(wpa2\).*\nwould keep it when within 60 s .*borea/);
  assert.deepEqual(bench.host.files, before);
  await bench.set('other');
  await bench.set('nowhere').catch((error: BootError) => bench.said.push(error.message, error.mend));
  assert.doesNotMatch([plan, ...bench.said, ...bench.host.commands].join('\n'), /canary/i);
});

test('a card without a link is told of: then the tailnet holds by another way', async () => {
  const bench = await new WifiBench().runsOn('home');
  bench.host.put('/sys/class/net/wlan0/carrier', '0\n');
  await bench.set('other');
  assert.match(bench.said.join('\n'), /wlan0 has no link/);
});
