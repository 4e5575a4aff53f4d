"""nova-compute whose fake driver takes snapshots: it gives the image a few bytes, and says of it what libvirt's does.

Without it a snapshot of the fake driver waits for its bytes for ever. Takes nova-compute's arguments.
"""

import io
import sys

from nova.cmd import compute
from nova.compute import task_states
from nova.image import glance
from nova.virt import fake


def snapshot(self, context, instance, image_id, update_task_state):
    update_task_state(task_state=task_states.IMAGE_PENDING_UPLOAD)
    described = {
        'status': 'active',
        'name': glance.API().get(context, image_id)['name'],
        'disk_format': 'raw',
        'container_format': 'bare',
        'properties': {
            'kernel_id': instance.kernel_id,
            'ramdisk_id': instance.ramdisk_id,
            'image_location': 'snapshot',
            'image_state': 'available',
            'owner_id': instance.project_id,
        },
    }
    update_task_state(task_state=task_states.IMAGE_UPLOADING, expected_state=task_states.IMAGE_PENDING_UPLOAD)
    content = io.BytesIO(f'snapshot of server {instance.uuid}\n'.encode())
    glance.API().update(context, image_id, described, content, purge_props=False)


fake.FakeDriver.snapshot = snapshot
sys.argv[0] = 'nova-compute'
sys.exit(compute.main())
