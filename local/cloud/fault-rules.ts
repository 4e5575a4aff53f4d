import { randomUUID } from 'node:crypto';
import type { Call } from './call.js';
import type { FaultAction, FaultMatch, FaultRule } from './records.js';
import type { State } from './state.js';

/** A fault rule as it is asked for. */
export interface NewFaultRule {
  id?: string | undefined;
  match: FaultMatch;
  after?: number | undefined;
  times?: number | undefined;
  action: FaultAction;
}

/** Rules by which the cloud misbehaves, oldest first; what is left of each outlives the process. */
export class FaultRules {
  /** Kept beside the table, so that a cloud without rules pays nothing per request. */
  private rules: FaultRule[];

  constructor(private readonly state: State) {
    this.rules = state.faultRules.all().sort((a, b) => a.order - b.order);
  }

  list(): FaultRule[] {
    return this.rules;
  }

  add(rule: NewFaultRule): FaultRule {
    if (rule.match.path !== undefined) new RegExp(rule.match.path);
    const added = this.state.transaction(() => {
      const record: FaultRule = {
        id: rule.id ?? randomUUID(),
        order: this.state.nextNumber(),
        match: rule.match,
        after: rule.after ?? 0,
        times: rule.times ?? 1,
        hits: 0,
        action: rule.action,
      };
      this.state.faultRules.put(record.id, record);
      return record;
    });
    this.rules = [...this.rules.filter((other) => other.id !== added.id), added];
    return added;
  }

  remove(id: string): boolean {
    if (!this.state.faultRules.has(id)) return false;
    this.state.transaction(() => {
      this.state.faultRules.remove(id);
    });
    this.rules = this.rules.filter((rule) => rule.id !== id);
    return true;
  }

  clear(): void {
    this.state.transaction(() => {
      this.state.faultRules.clear();
    });
    this.rules = [];
  }

  /** What shall happen to a request, if anything; uses up one time of the rule that says so. */
  take(method: string, call: Call): FaultAction | undefined {
    for (const rule of this.rules) {
      if (rule.times <= 0 || !matches(rule.match, method, call)) continue;
      const skipped = rule.after > 0;
      this.state.transaction(() => {
        if (skipped) rule.after -= 1;
        else {
          rule.times -= 1;
          rule.hits += 1;
        }
        this.state.faultRules.put(rule.id, rule);
      });
      if (!skipped) return rule.action;
    }
    return undefined;
  }
}

function matches(match: FaultMatch, method: string, call: Call): boolean {
  if (match.method !== undefined && match.method.toUpperCase() !== method) return false;
  if (match.service !== undefined && match.service !== call.service) return false;
  return match.path === undefined || new RegExp(match.path).test(call.path);
}
