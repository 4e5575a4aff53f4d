import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Observation } from '../../cluster/observation.js';
import { Sightings } from '../../workflows/machine.js';

const seen = (report: Observation['report'], serverId = 's'): Observation => ({
  ...{ role: 'minion', index: 1, serverId, bootId: 'b', serverStatus: 'ACTIVE', address: 'a' },
  report,
});

describe('Sightings', () => {
  it('let no look that was begun before a signal overwrite it', () => {
    const sightings = new Sightings();
    sightings.tell([seen('booting')]);
    const saw = sightings.look();
    sightings.tell([seen('ready')]);
    saw('s', seen('installing'));
    assert.equal(sightings.of('s')?.report, 'ready');
  });

  it('take a look at what no signal has told of meanwhile', () => {
    const sightings = new Sightings();
    sightings.tell([seen('booting')]);
    const saw = sightings.look();
    sightings.tell([seen('ready', 'another')]);
    saw('s', seen('installing'));
    assert.equal(sightings.of('s')?.report, 'installing');
  });

  it('know nothing more of a server that was told to start, but what a signal tells', () => {
    const sightings = new Sightings();
    sightings.tell([seen('ready')]);
    sightings.look()('s', undefined);
    assert.equal(sightings.of('s'), undefined);
    const saw = sightings.look();
    sightings.tell([seen('ready')]);
    saw('s', undefined);
    assert.equal(sightings.of('s')?.report, 'ready');
  });
});
