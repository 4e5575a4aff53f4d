import { HttpFault } from './fault-error.js';
import type { RateLimit } from './profiles.js';
import { isoSeconds } from './time-format.js';

/** Counts requests against the account's rate limits, in memory as the real one does. */
export class RateLimits {
  private readonly windows = new Map<RateLimit, number[]>();

  constructor(private limits: RateLimit[]) {}

  list(): RateLimit[] {
    return this.limits;
  }

  replace(limits: RateLimit[]): void {
    for (const limit of limits) new RegExp(limit.regex);
    this.limits = limits;
    this.windows.clear();
  }

  /**
   * Counts one request.
   * @param subject service and path: `compute /servers`
   * @throws {HttpFault} 413 with Retry-After when a limit is reached; the request is not counted
   */
  take(method: string, subject: string, now = Date.now()): void {
    const applying = this.limits.filter(
      (limit) => limit.verb === method && new RegExp(limit.regex).test(subject),
    );
    for (const limit of applying) {
      const used = this.usedInWindow(limit, now);
      if (used.length < limit.value) continue;
      const wait = Math.max(
        1,
        Math.ceil(((used[0] ?? now) + limit.windowSeconds * 1000 - now) / 1000),
      );
      throw overLimit(method, subject, limit, wait, now);
    }
    for (const limit of applying) this.usedInWindow(limit, now).push(now);
  }

  /** How many requests of a kind are left, and when the first of the used ones is given back. */
  remaining(limit: RateLimit, now = Date.now()): { remaining: number; nextAvailable: number } {
    const used = this.usedInWindow(limit, now);
    return {
      remaining: Math.max(0, limit.value - used.length),
      nextAvailable:
        used.length < limit.value ? now : (used[0] ?? now) + limit.windowSeconds * 1000,
    };
  }

  private usedInWindow(limit: RateLimit, now: number): number[] {
    const used = (this.windows.get(limit) ?? []).filter(
      (at) => at > now - limit.windowSeconds * 1000,
    );
    this.windows.set(limit, used);
    return used;
  }
}

function overLimit(
  method: string,
  subject: string,
  limit: RateLimit,
  wait: number,
  now: number,
): HttpFault {
  const unit =
    limit.windowSeconds === 60 ? 'MINUTE' : limit.windowSeconds === 86400 ? 'DAY' : 'HOUR';
  const path = subject.slice(subject.indexOf(' ') + 1);
  return new HttpFault(
    413,
    {
      overLimit: {
        code: 413,
        message: 'This request was rate-limited.',
        details: `Only ${limit.value} ${method} request(s) can be made to ${path} every ${unit}.`,
        retryAfter: isoSeconds(now + wait * 1000),
      },
    },
    { 'retry-after': String(wait) },
  );
}
