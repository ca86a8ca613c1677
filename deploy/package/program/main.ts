// Where the executable begins: runs the program by whose name it was called. Each name is a link in /usr/bin.
import { basename } from 'node:path';
import { programs } from './names.ts';

// Not argv[1], which Node makes a path of.
const name = basename(process.argv0);
const program = Object.hasOwn(programs, name) ? programs[name] : undefined;
if (program === undefined) {
  console.error(`error: there is no program "${name}" in ${process.execPath}`);
  console.error(`hint: call it by a link with one of these names: ${Object.keys(programs).join(', ')}`);
  process.exit(2);
}
await program();
