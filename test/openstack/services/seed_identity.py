"""Gives a new Keystone the services' accounts, the catalogue, and one ordinary user in one project, both named demo."""

import os
import sys

import requests

env = os.environ
password, region, host = env['OPENSTACK_PASSWORD'], env['OPENSTACK_REGION'], env['HOST']
v3 = env['IDENTITY'] + '/v3'
session = requests.Session()


def ask(method, path, body=None):
    answer = session.request(method, v3 + path, json=body, timeout=60)
    if answer.status_code >= 300:
        sys.exit('%s %s: %s %s' % (method, path, answer.status_code, answer.text))
    return answer


def create(kind, **attributes):
    return ask('POST', '/%ss' % kind, {kind: attributes}).json()[kind]['id']


admin = {'name': 'admin', 'domain': {'id': 'default'}}
login = ask(
    'POST',
    '/auth/tokens',
    {
        'auth': {
            'identity': {'methods': ['password'], 'password': {'user': {**admin, 'password': password}}},
            'scope': {'project': admin},
        }
    },
)
session.headers['X-Auth-Token'] = login.headers['X-Subject-Token']
roles = {role['name']: role['id'] for role in ask('GET', '/roles').json()['roles']}


def account(user, project, role):
    user_id = create('user', name=user, password=password, domain_id='default')
    ask('PUT', '/projects/%s/users/%s/roles/%s' % (project, user_id, roles[role]))


account('demo', create('project', name='demo', domain_id='default'), 'member')
service_project = create('project', name='service', domain_id='default')
for kind, name, url in [
    ('object-store', 'swift', 'http://%s:%s/v1/AUTH_%%(project_id)s' % (host, env['SWIFT_PORT'])),
    ('image', 'glance', 'http://%s:%s' % (host, env['GLANCE_PORT'])),
    ('placement', 'placement', 'http://%s:%s' % (host, env['PLACEMENT_PORT'])),
    ('network', 'neutron', 'http://%s:%s' % (host, env['NEUTRON_PORT'])),
    ('compute', 'nova', 'http://%s:%s/v2.1' % (host, env['NOVA_PORT'])),
]:
    account(name, service_project, 'admin')
    service = create('service', type=kind, name=name)
    for interface in 'public', 'internal', 'admin':
        create('endpoint', service_id=service, interface=interface, url=url, region_id=region)
