// Who may import whom, and what the cores may touch. The rules are those of ARCHITECTURE.md; each failure says why.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../../', import.meta.url).pathname;
const read = (file: string) => readFileSync(`${root}${file}`, 'utf8');
const sources = globSync('src/**/*.ts', { cwd: root }).filter(file => !file.startsWith('src/api/gen/'));

interface Rule {
  /** Folders of src that may be imported besides its own. */
  readonly folders: readonly string[];
  readonly why: string;
}

const rules: Readonly<Record<string, Rule>> = {
  membership: { folders: [], why: 'a core knows nothing of its surroundings, so that it runs anywhere' },
  election: { folders: [], why: 'a core knows nothing of its surroundings, so that it runs anywhere' },
  api: { folders: [], why: 'clients must not pull in the daemon' },
  integrations: {
    folders: [],
    why: 'integrations get a view and a host; they never reach back into the agent',
  },
  agent: {
    folders: ['membership', 'election', 'integrations', 'api'],
    why: 'the agent is the one place where all meet',
  },
  cli: { folders: ['api'], why: 'clusterctl is a thin client of the API' },
  boot: { folders: ['integrations'], why: 'boot programs run before or without an agent' },
};

/** Files outside the cores' purity: they are the cores' disks. */
const stores = new Set(['src/membership/table-store.ts', 'src/election/log-store.ts']);
/** The only doors of integrations to processes, files and sockets. */
const doors = new Set([
  'src/integrations/host.ts',
  'src/integrations/k3s/kube-client.ts',
  'src/integrations/state-copy/disk.ts',
  'src/integrations/tailscale/local-api.ts',
  'src/integrations/tailscale/auth-key.ts',
]);
const banned =
  /\b(Date|Math\.random|performance|setTimeout|setInterval|setImmediate|process|crypto|async|await|Promise)\b/;

function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:from|import\()\s*'([^']+)'|import '([^']+)'/g)].map(
    match => match[1] ?? match[2] ?? '',
  );
}

/** The code without comments and texts, in which a banned word is only a word. */
function codeOf(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*|'(?:[^'\\\n]|\\.)*'|`[^`]*`/g, '');
}

test('there are sources to look at', () => {
  assert.ok(sources.length > 40, `only ${sources.length} files were found`);
});

test('folders import only what they may', () => {
  for (const file of sources) {
    const folder = file.split('/')[1] ?? '';
    const rule = rules[folder];
    assert.ok(rule, `${file}: src/${folder} is not a folder of the layout (DESIGN, Layout)`);
    for (const imported of importsOf(read(file))) {
      // package.json has the version, which is that of all of them.
      if (!imported.startsWith('.') || imported === '../../package.json') continue;
      const target = new URL(imported, `file:///${file}`).pathname.slice(1).split('/')[1] ?? '';
      const allowed: boolean = target === folder || rule.folders.includes(target);
      assert.ok(allowed, `${file} imports from src/${target}: src/${folder} may not, because ${rule.why}`);
    }
  }
});

test('the cores touch neither Node nor packages, neither clock nor chance', () => {
  for (const file of sources) {
    const core = file.startsWith('src/membership/') || file.startsWith('src/election/');
    if (!core || stores.has(file)) continue;
    const text = read(file);
    for (const imported of importsOf(text)) {
      assert.ok(
        imported.startsWith('.'),
        `${file} imports ${imported}: a core is pure, its effects are values`,
      );
    }
    const [found] = banned.exec(codeOf(text)) ?? [];
    assert.equal(found, undefined, `${file} uses ${found}: a core gets time and chance as arguments`);
  }
});

test('integrations reach processes and files only through their doors', () => {
  for (const file of sources) {
    if (!file.startsWith('src/integrations/') || doors.has(file)) continue;
    for (const imported of importsOf(read(file))) {
      const closed = /^node:(child_process|fs|net|http|https|os)|^node:fs\/promises/.test(imported);
      assert.ok(!closed, `${file} imports ${imported}: go through Host, which has a twin for tests`);
    }
  }
});

test('nothing is exported by default, and nothing is called utils', () => {
  for (const file of sources) {
    assert.ok(!/^export default/m.test(read(file)), `${file} has a default export: name it`);
    assert.ok(!/(utils?|helpers?|common|manager)\b/.test(file), `${file}: name the thing it is`);
  }
});

test('every file says in its first lines what it is', () => {
  for (const file of sources) {
    assert.match(
      read(file),
      /^(#!.*\n)?\/\/ \S/,
      `${file} does not begin with a comment that says what it is`,
    );
  }
});
