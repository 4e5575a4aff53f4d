import { after, before, describe } from 'node:test';
import { openWorld, type World } from '../durability/world.js';
import { useTools } from './use-tools.js';

describe('the usual tools, with what `kubeup local openrc` prints', () => {
  let world: World;
  before(async () => (world = await openWorld()));
  after(() => world.dispose());

  useTools(() => world.account());
});
