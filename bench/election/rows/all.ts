// All rows in the order of the table.
import { end } from './end.ts';
import { idle } from './idle.ts';
import { kill } from './kill.ts';
import type { Row } from './row.ts';
import { stop } from './stop.ts';
import { transfer } from './transfer.ts';
import { write } from './write.ts';

export const rows: readonly Row[] = [kill, stop, transfer, end, write, idle];
