import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  describeFailure,
  describeProblem,
  InvalidSpecError,
  KubeupError,
  type Failure,
} from '../../cluster/errors.js';

const failure: Failure = {
  kind: 'blocked',
  reason: 'QuotaExceeded',
  attempted: 'create server kubernetes-master',
  message: 'Quota exceeded for instances',
  cure: 'Have it raised, then `kubeup retry`',
};

test('A failure reads as one sentence, with the request id where the cloud gave one', () => {
  assert.equal(
    describeFailure(failure),
    'create server kubernetes-master: Quota exceeded for instances. Have it raised, then `kubeup retry`',
  );
  assert.equal(
    describeFailure({ ...failure, requestId: 'req-1' }),
    'create server kubernetes-master: Quota exceeded for instances (request req-1). Have it raised, then `kubeup retry`',
  );
});

test('An error keeps its failure and its cause', () => {
  const cause = new Error('403');
  const error = new KubeupError(failure, { cause });
  assert.equal(error.message, describeFailure(failure));
  assert.equal(error.failure, failure);
  assert.equal(error.cause, cause);
  assert.equal(error.name, 'KubeupError');
});

test('Bad input names every problem with its field and value, one a line', () => {
  const error = new InvalidSpecError([
    { field: 'minions', value: -1, message: 'must be 0 or more' },
    { field: 'release.file', value: undefined, message: 'is needed' },
    { field: 'name', value: 'a b', message: 'must have no spaces' },
  ]);
  assert.equal(
    error.message,
    [
      'minions = -1: must be 0 or more',
      'release.file: is needed',
      'name = "a b": must have no spaces',
    ].join('\n'),
  );
  assert.equal(error.problems.length, 3);
  assert.equal(describeProblem(error.problems[0]!), 'minions = -1: must be 0 or more');
});
