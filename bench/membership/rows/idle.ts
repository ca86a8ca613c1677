// Row "idle": what an agent costs while nothing happens: processor, packets, memory; and beside it the memory of an empty
// grpc-js server. On a wire, because there each agent's packets are counted by its own interface.
import type { Figure } from '../../testbed/figure.ts';
import { processorMs, proportionalSetSize } from '../../testbed/process-cost.ts';
import {
  bytesPerSecond,
  mebibytes,
  median,
  packetsPerSecond,
  percent,
  summary,
} from '../../testbed/samples.ts';
import { isNode, startFloors } from '../floor-processes.ts';
import { floorCount, idleSettleMs, idleWindowMs } from '../limits.ts';
import { sentBy } from '../traffic.ts';
import { everySize, type Row } from './row.ts';

export const idle: Row = {
  name: 'idle',
  about:
    'processor, packets and memory of an agent while nothing happens; the floor of an empty grpc-js server',
  sizesOf: everySize,
  async measure(stage) {
    const cluster = await stage.formed(await stage.wire());
    const pids = cluster.agents.map(({ child }) => child.pid);
    const first = pids[0] ?? Number.NaN;
    const floors = isNode(first) ? await startFloors(stage.leavings, first) : [];
    await cluster.rest(idleSettleMs);
    const look = () =>
      pids.map(pid => ({ atMs: performance.now(), cpuMs: processorMs(pid), ...sentBy(pid) }));
    const before = look();
    await cluster.rest(idleWindowMs);
    const after = look();
    const rates = after.map((end, index) => {
      const start = before[index] ?? end;
      const durationMs = end.atMs - start.atMs;
      return {
        cpu: (100 * (end.cpuMs - start.cpuMs)) / durationMs,
        bytes: (1000 * (end.bytes - start.bytes)) / durationMs,
        packets: (1000 * (end.packets - start.packets)) / durationMs,
      };
    });
    const memory = pids.map(proportionalSetSize);
    const floor = floors.map(({ pid }) => proportionalSetSize(pid));
    const figures: Figure[] = [
      {
        what: `idle processor per agent, % of one core over ${idleWindowMs / 1000} s`,
        goal: '≤ 0.5 %',
        text: summary(
          rates.map(({ cpu }) => cpu),
          percent,
        ),
      },
      {
        what: 'idle bytes sent per agent, with headers',
        goal: '≤ 1 kB/s at 48',
        text: summary(
          rates.map(({ bytes }) => bytes),
          bytesPerSecond,
        ),
      },
      {
        what: 'idle packets sent per agent',
        goal: '',
        text: summary(
          rates.map(({ packets }) => packets),
          packetsPerSecond,
        ),
      },
      { what: 'idle memory per agent (PSS)', goal: '≤ 1.3 × the floor', text: summary(memory, mebibytes) },
    ];
    if (floors.length > 0)
      figures.push(
        {
          what: `floor: PSS of an empty grpc-js server with mTLS (${floorCount} beside the agents)`,
          goal: '',
          text: summary(floor, mebibytes),
        },
        {
          what: 'idle memory per agent ÷ floor, medians',
          goal: '≤ 1.3',
          text: `**${(median(memory) / median(floor)).toFixed(2)}**`,
        },
      );
    stage.say(`processor ${figures[0]?.text}, ${figures[1]?.text}, memory ${figures[3]?.text}`);
    return figures;
  },
};
