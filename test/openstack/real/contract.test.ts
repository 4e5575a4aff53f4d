import { holdContract } from '../contract/run.js';
import { describeOpenStack } from './describe-openstack.js';
import { realTarget } from './real-target.js';

describeOpenStack('the contract, on a real OpenStack', () => holdContract(realTarget, 4));
