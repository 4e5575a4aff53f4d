import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { account } from '../account.js';
import type { Profile } from '../profiles.js';
import type { State } from '../state.js';

/** What a token says. Times are milliseconds since the epoch. */
export interface Token {
  userId: string;
  /** Absent: an unscoped token, good for Identity only. */
  projectId?: string;
  methods: string[];
  issuedAt: number;
  expiresAt: number;
  auditIds: string[];
  applicationCredentialId?: string;
}

interface SignedToken extends Token {
  generation: number;
}

/** What Keystone's Fernet tokens begin with. */
const PREFIX = 'gAAAAA';
const MAC_BYTES = 32;

/** Issues and checks tokens. They carry their own truth, signed, so that they outlive the process. */
export class Tokens {
  constructor(
    private readonly state: State,
    private readonly profile: Profile,
  ) {}

  /** A new token, and its text. */
  issue(
    wish: Pick<Token, 'projectId' | 'methods' | 'applicationCredentialId'> & { from?: Token },
  ): { token: Token; text: string } {
    const issuedAt = Math.floor(Date.now() / 1000) * 1000;
    const auditId = randomBytes(16).toString('base64url');
    const token: SignedToken = {
      userId: account(this.state).userId,
      projectId: wish.projectId,
      methods: wish.methods,
      issuedAt,
      // A token made from a token lives no longer than its parent.
      expiresAt: wish.from?.expiresAt ?? issuedAt + this.lifetimeSeconds() * 1000,
      auditIds: wish.from === undefined ? [auditId] : [auditId, wish.from.auditIds.at(-1)!],
      applicationCredentialId: wish.applicationCredentialId,
      generation: this.generation(),
    };
    return { token, text: this.sign(token) };
  }

  /** The token of that text, or undefined when it is forged, expired or revoked. */
  check(text: string | undefined): Token | undefined {
    const token = text === undefined ? undefined : this.open(text);
    if (token === undefined || token.expiresAt <= Date.now()) return undefined;
    if (token.generation !== this.generation()) return undefined;
    if (this.state.revokedTokens.has(token.auditIds[0]!)) return undefined;
    const credential = token.applicationCredentialId;
    if (credential === undefined) return token;
    const record = this.state.applicationCredentials.get(credential);
    // Its tokens end with it, and with its time.
    if (record === undefined || hasPassed(record.expiresAt)) return undefined;
    return token;
  }

  /** Whether the text is that of a token that this cloud has issued, be it good or not. */
  isGenuine(text: string): boolean {
    return this.open(text) !== undefined;
  }

  revoke(token: Token): void {
    this.state.transaction(() => {
      this.state.revokedTokens.put(token.auditIds[0]!, token.expiresAt);
    });
  }

  /** Rejects every token issued so far. */
  expireAll(): void {
    this.state.transaction(() => {
      this.state.settings.put('token-generation', this.generation() + 1);
    });
  }

  /** Sets how long tokens issued from now on live. */
  setLifetime(lifetimeSeconds: number): void {
    this.state.transaction(() => {
      this.state.settings.put('token-lifetime', lifetimeSeconds);
    });
  }

  private lifetimeSeconds(): number {
    const changed = this.state.settings.get('token-lifetime') as number | undefined;
    return changed ?? this.profile.tokenLifetimeSeconds;
  }

  private generation(): number {
    return (this.state.settings.get('token-generation') as number | undefined) ?? 0;
  }

  private sign(token: SignedToken): string {
    const payload = Buffer.from(JSON.stringify(token));
    return PREFIX + Buffer.concat([this.mac(payload), payload]).toString('base64url');
  }

  private open(text: string): SignedToken | undefined {
    if (!text.startsWith(PREFIX)) return undefined;
    const bytes = Buffer.from(text.slice(PREFIX.length), 'base64url');
    if (bytes.length <= MAC_BYTES) return undefined;
    const payload = bytes.subarray(MAC_BYTES);
    if (!timingSafeEqual(this.mac(payload), bytes.subarray(0, MAC_BYTES))) return undefined;
    return JSON.parse(payload.toString()) as SignedToken;
  }

  private mac(payload: Buffer): Buffer {
    const key = Buffer.from(account(this.state).tokenKey, 'base64');
    return createHmac('sha256', key).update(payload).digest();
  }
}

function hasPassed(moment: number | null): boolean {
  return moment !== null && moment <= Date.now();
}
