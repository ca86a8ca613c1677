// The version of this build. It is written down once, in package.json; a program that is built has it inside.
import manifest from '../../package.json' with { type: 'json' };

export const version: string = manifest.version;
