"""Identity v2 in Rackspace's manner, in front of a Keystone that speaks v3 only.

Answers POST /v2.0/tokens with a password or with an API key, and gives v3's token and catalogue back in v2's form
under Rackspace's service names. Tokens and endpoints are the real ones. Usage: keystone_v2.py V3-URL PORT.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

V3, PORT = sys.argv[1], int(sys.argv[2])
REGION = os.environ['OPENSTACK_REGION']
# Keystone knows no API keys: the one right key stands for the password.
API_KEY, PASSWORD = os.environ['OPENSTACK_API_KEY'], os.environ['OPENSTACK_PASSWORD']
# Rackspace's name of each service, and what its URL has that OpenStack's has not.
SERVICES = {
    'compute': ('cloudServersOpenStack', '/{project}'),
    'object-store': ('cloudFiles', ''),
    'network': ('cloudNetworks', '/v2.0'),
    'image': ('cloudImages', '/v2'),
}
DOMAIN = {'id': 'default'}


class Refused(Exception):
    def __init__(self, code, name, message):
        super().__init__(message)
        self.code, self.name, self.message = code, name, message


def login(auth):
    """The token document and the token of a v2 `auth` object."""
    key, password = auth.get('RAX-KSKEY:apiKeyCredentials'), auth.get('passwordCredentials')
    try:
        username = (key or password)['username']
        secret = key['apiKey'] if key else password['password']
    except (KeyError, TypeError):
        raise Refused(400, 'badRequest', 'Invalid json request body') from None
    if key:
        secret = PASSWORD if secret == API_KEY else ''
    project = {'name': auth.get('tenantName') or username, 'domain': DOMAIN}
    if auth.get('tenantId'):
        project = {'id': auth['tenantId']}
    user = {'name': username, 'password': secret, 'domain': DOMAIN}
    answer = requests.post(
        V3 + '/auth/tokens',
        timeout=30,
        json={'auth': {'identity': {'methods': ['password'], 'password': {'user': user}}, 'scope': {'project': project}}},
    )
    if answer.status_code != 201:
        raise Refused(401, 'unauthorized', 'Unable to authenticate user with credentials provided.')
    return answer.json()['token'], answer.headers['X-Subject-Token']


def endpoints(service, project):
    name, suffix = SERVICES[service['type']]
    url = {e['interface']: e['url'] + suffix.format(project=project) for e in service['endpoints'] if e['region'] == REGION}
    where = {'region': REGION, 'tenantId': project, 'publicURL': url['public'], 'internalURL': url['internal']}
    return {'name': name, 'type': service['type'], 'endpoints': [where]}


def access(auth):
    token, text = login(auth)
    project = token['project']
    by = 'APIKEY' if auth.get('RAX-KSKEY:apiKeyCredentials') else 'PASSWORD'
    return {
        'access': {
            'token': {
                'id': text,
                'expires': token['expires_at'],
                'tenant': {'id': project['id'], 'name': project['name']},
                'RAX-AUTH:authenticatedBy': [by],
            },
            'serviceCatalog': [endpoints(s, project['id']) for s in token['catalog'] if s['type'] in SERVICES],
            'user': {
                'id': token['user']['id'],
                'name': token['user']['name'],
                'RAX-AUTH:defaultRegion': REGION,
                'roles': [{'id': role['id'], 'name': role['name']} for role in token['roles']],
            },
        }
    }


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        if self.path.rstrip('/') != '/v2.0':
            return self.answer(404, {'itemNotFound': {'code': 404, 'message': 'Not found'}})
        self.answer(200, {'version': {'id': 'v2.0', 'status': 'CURRENT'}})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        try:
            if self.path.rstrip('/') != '/v2.0/tokens':
                raise Refused(404, 'itemNotFound', 'Not found')
            try:
                auth = json.loads(body)['auth']
            except (ValueError, KeyError, TypeError):
                raise Refused(400, 'badRequest', 'Invalid json request body') from None
            self.answer(200, access(auth))
        except Refused as refused:
            self.answer(refused.code, {refused.name: {'code': refused.code, 'message': refused.message}})

    def answer(self, code, document):
        body = json.dumps(document).encode()
        self.send_response(code)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(('127.0.0.1', PORT), Handler).serve_forever()
