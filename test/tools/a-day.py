"""What a person does with openstacksdk: look around, boot a server on a network of their own, keep an image of it,
and clear up.

Usage: a-day.py NAME; the account is in the environment. Prints what it saw, as JSON.
"""

import json
import sys

import openstack

name = sys.argv[1]
cloud = openstack.connect()
seen = {
    'flavors': sorted(flavor.name for flavor in cloud.compute.flavors()),
    'images': sorted(image.name for image in cloud.image.images()),
    'limits': cloud.compute.get_limits().absolute.instances is not None,
}
key = cloud.compute.create_keypair(name=name)
network = cloud.network.create_network(name=name)
subnet = cloud.network.create_subnet(network_id=network.id, ip_version=4, cidr='10.66.0.0/24', name=name)
server = cloud.create_server(
    name,
    image='Debian 12',
    flavor='m1.small',
    network=network.id,
    key_name=name,
    userdata='#!/bin/sh\ntrue\n',
    meta={'purpose': 'a day'},
    auto_ip=False,
    wait=True,
    timeout=90,
)
seen['server'] = {
    'status': server.status,
    'addresses': [address['addr'] for address in server.addresses[name]],
    'metadata': dict(server.metadata),
}
seen['found'] = [one.id for one in cloud.compute.servers(name='^%s$' % name)] == [server.id]
seen['ports'] = len(list(cloud.network.ports(device_id=server.id)))
cloud.compute.stop_server(server)
cloud.compute.wait_for_server(server, status='SHUTOFF', wait=60)
cloud.compute.start_server(server)
cloud.compute.wait_for_server(server, status='ACTIVE', wait=60)

image = cloud.create_image(
    name, data=b'bytes', disk_format='raw', container_format='bare', wait=True, meta={'color': 'red'}
)
cloud.update_image_properties(image, color='blue')
image = cloud.image.get_image(image.id)
seen['image'] = {
    'status': image.status,
    'size': image.size,
    'content': cloud.image.download_image(image).content.decode(),
    'color': image.properties['color'],
}
snapshot = cloud.create_image_snapshot(name + '-shot', server, wait=True, timeout=90)
seen['snapshot'] = {'status': snapshot.status, 'type': snapshot.properties['image_type']}
for one in image, snapshot:
    cloud.delete_image(one.id, wait=True)

cloud.create_container(name)
cloud.create_object(name, 'notes/a b', data=b'hello')
seen['objects'] = [one.name for one in cloud.object_store.objects(name)]
seen['content'] = cloud.get_object(name, 'notes/a b')[1] if cloud.get_object(name, 'notes/a b') else None
cloud.delete_object(name, 'notes/a b')
cloud.delete_container(name)

cloud.delete_server(server.id, wait=True, timeout=90)
cloud.network.delete_network(network)
cloud.compute.delete_keypair(key)
seen['left'] = [one.name for one in cloud.compute.servers(name=name)]
print(json.dumps(seen, default=str))
