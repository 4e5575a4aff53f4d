import type { FastifyInstance, FastifyRequest } from 'fastify';
import { account } from '../account.js';
import type { Cloud } from '../cloud.js';
import { asObject } from '../json-body.js';
import { pythonStr } from '../python-text.js';
import { param } from '../query.js';
import type { ImageMemberRecord, ImageRecord } from '../records.js';
import { isoSeconds } from '../time-format.js';
import { WebobFault } from '../webob-fault.js';
import { MAX_MEMBERS } from './image-fields.js';
import { visibleImage } from './image-store.js';
import { glanceBody } from './json-body.js';

const MEMBERS = '/image/v2/images/:image/members';
const MEMBER = `${MEMBERS}/:member`;
const STATUSES = ['pending', 'accepted', 'rejected'];

/** Projects that images are shared with. */
export function memberRoutes(app: FastifyInstance, cloud: Cloud): void {
  const { state } = cloud;
  const isOwn = ({ owner }: ImageRecord): boolean => owner === account(state).projectId;

  app.get(MEMBERS, (request) => {
    const image = find(cloud, request);
    const forbidden = `Not allowed to list members for image ${image.id}: Only shared images have members.`;
    if (image.visibility !== 'shared') throw new WebobFault(403, forbidden);
    const shown = image.members.filter(
      ({ projectId }) => isOwn(image) || projectId === account(state).projectId,
    );
    return {
      members: shown.map((member) => memberDocument(image, member)),
      schema: '/v2/schemas/members',
    };
  });

  app.post(MEMBERS, (request) => {
    const projectId = requestedMember(request);
    return state.transaction(() => {
      const image = find(cloud, request);
      requireShared(image, isOwn(image), 'create');
      if (image.members.some((member) => member.projectId === projectId)) {
        throw new WebobFault(409, `Member ${projectId} is duplicated for image ${image.id}`);
      }
      if (image.members.length === MAX_MEMBERS) throw tooMany(image);
      const now = Date.now();
      const member: ImageMemberRecord = {
        projectId,
        status: 'pending',
        createdAt: now,
        updatedAt: now,
      };
      state.images.put(image.id, { ...image, members: [...image.members, member] });
      return memberDocument(image, member);
    });
  });

  app.get(MEMBER, (request) => {
    const image = find(cloud, request);
    if (image.visibility !== 'shared') {
      throw new WebobFault(404, 'Only shared images have members.');
    }
    return memberDocument(image, findMember(image, request));
  });

  app.put(MEMBER, (request) => {
    const status = requestedStatus(request);
    return state.transaction(() => {
      const image = find(cloud, request);
      requireShared(image, !isOwn(image), 'update');
      const member = findMember(image, request);
      if (!STATUSES.includes(status)) {
        const known = 'Status must be "pending", "accepted" or "rejected".';
        throw new WebobFault(400, `Incorrect request: ${known}`);
      }
      Object.assign(member, { status, updatedAt: Date.now() });
      state.images.put(image.id, image);
      return memberDocument(image, member);
    });
  });

  app.delete(MEMBER, (request, reply) => {
    state.transaction(() => {
      const image = find(cloud, request);
      requireShared(image, isOwn(image), 'delete');
      const { projectId } = findMember(image, request);
      const members = image.members.filter((member) => member.projectId !== projectId);
      state.images.put(image.id, { ...image, members });
    });
    return reply.code(204).send();
  });
}

function find({ state }: Cloud, request: FastifyRequest): ImageRecord {
  const id = param(request, 'image');
  const image = visibleImage(state, id);
  if (image === undefined) throw new WebobFault(404, `Image ${id} not found.`);
  return image;
}

function findMember(image: ImageRecord, request: FastifyRequest): ImageMemberRecord {
  const id = param(request, 'member');
  const member = image.members.find(({ projectId }) => projectId === id);
  if (member !== undefined) return member;
  throw new WebobFault(404, `${id} not found in the member list of the image ${image.id}.`);
}

function requireShared(image: ImageRecord, may: boolean, verb: string): void {
  if (image.visibility === 'shared' && may) return;
  throw new WebobFault(403, `Not allowed to ${verb} members for image ${image.id}.`);
}

function requestedMember(request: FastifyRequest): string {
  const body = asObject(glanceBody(request));
  if (body === undefined) {
    throw new WebobFault(400, 'Expected a member in the form: {"member": "image_id"}');
  }
  if (body.member === undefined) throw new WebobFault(400, 'Member to be added not specified');
  if (!body.member) throw new WebobFault(400, "Member can't be empty");
  return pythonStr(body.member);
}

function requestedStatus(request: FastifyRequest): string {
  const body = asObject(glanceBody(request));
  if (body === undefined) {
    throw new WebobFault(400, 'Expected a status in the form: {"status": "status"}');
  }
  if (body.status === undefined) throw new WebobFault(400, 'Status not specified');
  return pythonStr(body.status);
}

function tooMany({ id, members }: ImageRecord): WebobFault {
  const limit =
    'The limit has been exceeded on the number of allowed image members for this image. ' +
    `Attempted: ${members.length + 1}, Maximum: ${MAX_MEMBERS}`;
  return new WebobFault(413, `Image member limit exceeded for image ${id}: ${limit}:`);
}

function memberDocument(image: ImageRecord, member: ImageMemberRecord): Record<string, unknown> {
  return {
    member_id: member.projectId,
    image_id: image.id,
    status: member.status,
    created_at: isoSeconds(member.createdAt),
    updated_at: isoSeconds(member.updatedAt),
    schema: '/v2/schemas/member',
  };
}
