// All rows in the order of the table.
import { cold } from './cold.ts';
import { cut } from './cut.ts';
import { form } from './form.ts';
import { idle } from './idle.ts';
import { kill } from './kill.ts';
import { linkLoss } from './link-loss.ts';
import { lossy } from './lossy.ts';
import { pause } from './pause.ts';
import type { Row } from './row.ts';

export const rows: readonly Row[] = [form, kill, cut, pause, linkLoss, lossy, cold, idle];
