import type { FastifyInstance } from 'fastify';
import type { Cloud } from '../cloud.js';

export function computeRoutes(_app: FastifyInstance, _cloud: Cloud): void {}
