// How a bring-up grows with the number of minions: time, and what is asked of the cloud. Each figure is a
// ratio to the smallest cluster of the same run.
import { openWorld } from '../test/durability/world.js';

const sizes = [5, 50, 200];

interface Measured {
  minions: number;
  seconds: number;
  reads: number;
  writes: number;
}

const world = await openWorld();
try {
  await world.kubeup(['up', '--minions', '1']); // Starts the services, and warms them.
  await world.kubeup(['down']);
  const cloud = await world.cloud();
  const measured: Measured[] = [];
  for (const minions of sizes) {
    await cloud.admin('DELETE', '/requests');
    const began = performance.now();
    const { code, phase } = await world.document(['up', '--minions', String(minions)]);
    if (code !== 0) throw new Error(`${minions} minions: ${phase}`);
    const seconds = (performance.now() - began) / 1000;
    const requests = Object.entries(await cloud.requests());
    const count = (kind: RegExp): number =>
      requests.filter(([name]) => kind.test(name)).reduce((sum, [, times]) => sum + times, 0);
    // The machines' own downloads and reports go by temp URL.
    const reads = count(/^(GET|HEAD) (?!.*temp url)/);
    const writes = count(/^(POST|PUT|DELETE) (?!.*temp url)/);
    measured.push({ minions, seconds, reads, writes });
    await world.kubeup(['down']);
  }
  const [least] = measured;
  if (!least) throw new Error('nothing measured');
  const times = (value: number, base: number): string => `× ${(value / base).toFixed(2)}`;
  console.table(
    measured.map((one) => ({
      minions: one.minions,
      'machines, as a ratio': times(one.minions + 1, least.minions + 1),
      time: times(one.seconds, least.seconds),
      'time for each machine': times(
        one.seconds / (one.minions + 1),
        least.seconds / (least.minions + 1),
      ),
      'cloud reads per second': times(one.reads / one.seconds, least.reads / least.seconds),
      'cloud writes': times(one.writes, least.writes),
    })),
  );
} finally {
  await world.dispose();
}
