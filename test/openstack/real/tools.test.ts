import { useTools } from '../../tools/use-tools.js';
import { describeOpenStack } from './describe-openstack.js';
import { realTarget } from './real-target.js';

/** The same as with the local cloud: what the tools meet there, they meet here. */
describeOpenStack('the usual tools on a real OpenStack', () => {
  useTools(async () => {
    const { url, username, password, projectName, region } = (await realTarget()).v3;
    return {
      OS_AUTH_URL: url,
      OS_USERNAME: username,
      OS_PASSWORD: password,
      OS_PROJECT_NAME: projectName,
      OS_USER_DOMAIN_NAME: 'Default',
      OS_PROJECT_DOMAIN_NAME: 'Default',
      OS_REGION_NAME: region,
      OS_IDENTITY_API_VERSION: '3',
    };
  });
});
