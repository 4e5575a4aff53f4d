import type { Answer } from './answer.js';
import type { Cloud } from './cloud.js';
import { passwordLogin } from './cloud.js';

export const MALFORMED =
  'The server could not comply with the request since it is either malformed or otherwise ' +
  'incorrect. The client is assumed to be in error.';

/** Logs in with the project's password, `change` applied to the body. */
export function logIn(
  cloud: Cloud,
  change: (body: { auth: Record<string, unknown> }) => unknown = (body) => body,
  query = '',
): Promise<Answer> {
  const json = change(passwordLogin(cloud.target.v3));
  return cloud.ask('POST', `/auth/tokens${query}`, { json });
}

export function logInAs(cloud: Cloud, account: Partial<Cloud['target']['v3']>): Promise<Answer> {
  const json = passwordLogin({ ...cloud.target.v3, ...account });
  return cloud.ask('POST', '/auth/tokens', { json });
}

export function logInWith(cloud: Cloud, identity: unknown, scope?: unknown): Promise<Answer> {
  return cloud.ask('POST', '/auth/tokens', { json: { auth: { identity, scope } } });
}

export function refusesLogin(answer: Answer): void {
  answer.keystone(401, 'Unauthorized', 'The request you have made requires authentication.');
}

export function tokenOf(answer: Answer): string {
  return answer.is(201).header('x-subject-token') ?? '';
}
