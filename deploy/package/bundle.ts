// All programs as one source file. What they read from files of a checkout is put inside, but for the native addon.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { definitionModule } from './definitions.ts';

export interface BundleOptions {
  /** The checkout. */
  readonly root: string;
  readonly version: string;
  readonly addonSha256: string;
}

export interface Bundle {
  readonly code: Uint8Array;
  /** Folders below node_modules of all that is inside, for their licences. */
  readonly packages: readonly string[];
}

// esbuild leaves require() of Node's own modules as it is, and a module has none.
const banner = `import { createRequire as createRequireOfNode } from 'node:module';
const require = createRequireOfNode(import.meta.url), __dirname = import.meta.dirname, __filename = import.meta.filename;`;

/** @throws Error of esbuild where a source is wrong */
export async function bundle(options: BundleOptions): Promise<Bundle> {
  const { root } = options;
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['deploy/package/program/main.ts'],
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node26' },
    // Names stay, for traces that people send.
    ...{ minifyWhitespace: true, minifySyntax: true, legalComments: 'none' },
    ...{ banner: { js: banner }, plugins: [inside(options)] },
    ...{ write: false, outfile: 'clusteros.mjs', metafile: true, logLevel: 'silent' },
  });
  const packages = new Set<string>();
  for (const input of Object.keys(metafile.inputs)) {
    const name = /.*\bnode_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[0];
    if (name !== undefined) packages.add(name);
  }
  return { code: outputFiles[0]?.contents ?? new Uint8Array(), packages: [...packages].sort() };
}

/** Replaces what would look for files of a checkout. */
function inside({ root, version, addonSha256 }: BundleOptions): Plugin {
  const addon = join(root, 'deploy/package/program/native-addon.ts');
  const replaced = new Set<string>();
  return {
    name: 'inside',
    setup({ onLoad, onEnd }) {
      const replace = (filter: RegExp, contents: string, loader: 'json' | 'ts' | 'js') =>
        onLoad({ filter }, ({ path }) => {
          // The manifests of packages are none of this.
          if (loader === 'json' && path !== join(root, 'package.json')) return undefined;
          replaced.add(contents);
          return { contents, loader };
        });
      const load = `module.exports = require(${JSON.stringify(addon)}).loadAddon('${addonSha256}');`;
      replace(/\/package\.json$/, JSON.stringify({ version }), 'json');
      replace(/\/src\/api\/definition\.ts$/, definitionModule(root), 'ts');
      replace(/\/node_modules\/classic-level\/binding\.js$/, load, 'js');
      onEnd(() => {
        if (replaced.size !== 3) throw new Error('a file that the bundle replaces has moved: see bundle.ts');
      });
    },
  };
}

/** The licences of what is inside, one after the other. */
export function noticesOf(root: string, packages: readonly string[]): string {
  return packages
    .map(folder => {
      const { name, version, license } = JSON.parse(
        readFileSync(join(root, folder, 'package.json'), 'utf8'),
      ) as Record<string, string>;
      const files = readdirSync(join(root, folder)).filter(file =>
        /^(licen[cs]e|notice|copying)/i.test(file),
      );
      const texts = files.map(file => readFileSync(join(root, folder, file), 'utf8').trim());
      return `${'='.repeat(78)}\n${name} ${version} (${license})\n\n${texts.join('\n\n') || 'The package has no file with its licence.'}\n`;
    })
    .join('\n');
}
