import type { FastifyInstance } from 'fastify';
import type { Cloud } from '../cloud.js';

export function networkRoutes(_app: FastifyInstance, _cloud: Cloud): void {}
