import assert from 'node:assert/strict';
import type { ClusterStatus, Condition, ConditionType } from '../../cluster/status.js';

/** The one condition of that type. */
export function conditionOf({ conditions }: ClusterStatus, type: ConditionType): Condition {
  const [only, ...others] = conditions.filter((one) => one.type === type);
  assert.ok(only && others.length === 0, `one condition ${type} in ${JSON.stringify(conditions)}`);
  return only;
}
