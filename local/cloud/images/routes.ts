import type { FastifyInstance } from 'fastify';
import type { Cloud } from '../cloud.js';

export function imageRoutes(_app: FastifyInstance, _cloud: Cloud): void {}
