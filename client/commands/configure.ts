import { InvalidSpecError } from '../../cluster/errors.js';
import type { Problem } from '../../cluster/errors.js';
import type { EffectiveValue } from '../../cluster/spec-schema.js';
import type { ClusterSpec } from '../../cluster/spec.js';
import { forUser, readConfiguration, specOf } from '../configuration.js';
import type { AccountFacts, Configuration, ConfigurationInputs } from '../configuration.js';
import { accountFacts, openAccount } from '../connect.js';
import type { OpenAccount } from '../connect.js';
import { remark, say } from '../terminal.js';

/**
 * Reads and checks everything, then opens the account: nothing is started before all is right.
 * @throws InvalidSpecError with every problem of account and settings at once
 */
export async function configure(
  inputs: ConfigurationInputs,
): Promise<{ configuration: Configuration; account: OpenAccount }> {
  const { configuration } = await check(inputs);
  const account = await openAccount(inputs.env, remark);
  return { configuration: forUser(configuration, account.facts.user), account };
}

/** The same where there is no cloud yet to open. */
export async function configureWithoutCloud(
  inputs: ConfigurationInputs,
): Promise<{ values: EffectiveValue[]; spec: ClusterSpec }> {
  const { configuration, facts } = await check(inputs);
  const cloud = { accountId: '', provider: facts.provider, region: '' };
  return { values: configuration.values, spec: specOf(configuration, cloud) };
}

async function check(
  inputs: ConfigurationInputs,
): Promise<{ configuration: Configuration; facts: AccountFacts }> {
  const problems: Problem[] = [];
  let facts: AccountFacts = { user: 'user', provider: 'openstack', local: false };
  try {
    facts = await accountFacts(inputs.env);
  } catch (error) {
    if (!(error instanceof InvalidSpecError)) throw error;
    problems.push(...error.problems);
  }
  const configuration = await readConfiguration(inputs, facts, problems);
  for (const note of configuration.notes) say(note);
  return { configuration, facts };
}
