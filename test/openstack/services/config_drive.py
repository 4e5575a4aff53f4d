"""Writes the config drive (label config-2) of a server as files, with Nova's own metadata code: what a guest of a
real compute driver would find on the disc.

Usage: config_drive.py NOVA-CONFIGURATION SERVER-ID FOLDER.
"""

import os
import sys

from nova import config, context, objects
from nova.api.metadata import base

configuration, server_id, folder = sys.argv[1:]
config.parse_args(['nova', '--config-file', configuration])
objects.register_all()
admin = context.get_admin_context()
cell = objects.InstanceMapping.get_by_instance_uuid(admin, server_id).cell_mapping
expected = ['metadata', 'system_metadata', 'info_cache', 'security_groups', 'keypairs', 'device_metadata', 'flavor', 'trusted_certs']
with context.target_cell(admin, cell) as inside:
    server = objects.Instance.get_by_uuid(inside, server_id, expected_attrs=expected)
    metadata = base.InstanceMetadata(server, network_info=server.get_network_info())
    for path, content in metadata.metadata_for_config_drive():
        target = os.path.join(folder, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, 'wb') as file:
            file.write(content if isinstance(content, bytes) else content.encode())
