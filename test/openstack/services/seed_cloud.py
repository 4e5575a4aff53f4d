"""Gives the new cloud what a person finds in one: images, flavors and a public network, as the local cloud has them."""

import os

import openstack

cloud = openstack.connect(
    auth_url=os.environ['IDENTITY'] + '/v3',
    username='admin',
    password=os.environ['OPENSTACK_PASSWORD'],
    project_name='admin',
    user_domain_id='default',
    project_domain_id='default',
    region_name=os.environ['OPENSTACK_REGION'],
)

for name, distro, version, image_id in [
    ('Ubuntu 24.04', 'ubuntu', '24.04', None),
    ('Ubuntu 14.04 LTS (Trusty Tahr) (PVHVM)', 'ubuntu', '14.04', '255df5fb-e3d4-45a3-9a07-c976debf7c14'),
    ('Debian 12', 'debian', '12', None),
]:
    cloud.image.create_image(
        name=name,
        disk_format='raw',
        container_format='bare',
        visibility='public',
        # Nothing boots from it.
        data=b'\0' * 1024,
        min_disk=5,
        min_ram=512,
        os_distro=distro,
        os_version=version,
        os_type='linux',
        **({'id': image_id} if image_id else {}),
    )

for name, ram, vcpus, disk, flavor_id in [
    ('m1.small', 2048, 1, 20, '2'),
    ('m1.medium', 4096, 2, 40, '3'),
    ('performance1-1', 1024, 1, 20, None),
    ('performance1-2', 2048, 2, 40, None),
    ('performance1-4', 4096, 4, 40, None),
    ('performance1-8', 8192, 8, 40, None),
]:
    cloud.compute.create_flavor(name=name, ram=ram, vcpus=vcpus, disk=disk, **({'id': flavor_id} if flavor_id else {}))

public = cloud.network.create_network(
    name='public',
    **{'is_router_external': True, 'provider_network_type': 'flat', 'provider_physical_network': 'outside'},
)
cloud.network.create_subnet(
    name='public-subnet', network_id=public.id, ip_version=4, cidr='203.0.113.0/24', is_dhcp_enabled=False
)

# As an operator's who has none of them to give.
cloud.network.update_quota(cloud.identity.find_project('demo').id, routers=0, floating_ips=0, subnet_pools=0)
