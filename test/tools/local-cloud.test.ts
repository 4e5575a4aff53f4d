import { after, before, describe } from 'node:test';
import { openWorld, type World } from '../durability/world.js';
import { useTools } from './use-tools.js';

describe('the usual tools, with what `kubeup local openrc` prints', () => {
  let world: World;
  before(async () => (world = await openWorld()));
  after(() => world.dispose());

  useTools(async () => {
    const { stdout } = await world.kubeup(['local', 'openrc']);
    const exported = [...stdout.matchAll(/^export (\w+)='(.*)'$/gm)];
    return Object.fromEntries(exported.map(([, name = '', value = '']) => [name, value]));
  });
});
