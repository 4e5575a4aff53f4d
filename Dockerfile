# The worker, and with other arguments the command line: docker-compose.yml.
FROM node:22-bookworm-slim AS build
WORKDIR /kubeup
COPY . .
RUN npm ci --ignore-scripts && npm run build && npm prune --omit=dev --ignore-scripts

FROM node:22-bookworm-slim
# The worker's native library verifies TLS by the system's certificates.
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/* && install -d -o node -g node -m 0700 /home/node/.kubeup
COPY --from=build /kubeup /kubeup
USER node
ENTRYPOINT ["node", "--enable-source-maps", "/kubeup/dist/client.js"]
CMD ["worker"]
