# The worker, with what it runs tasks with. From the repository's root:
#   docker build -f docker/worker.Dockerfile -t async-coder/worker .
FROM docker.io/library/node:24.21.0-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build

FROM docker.io/library/node:24.21.0-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The image brings its own Node, so that of npm stays out; so does the compiler, which a package would like to have beside it, and what only editors read.
RUN npm ci --omit=dev && rm -rf node_modules/node-linux-* node_modules/typescript node_modules/.bin /root/.npm \
  && find node_modules -type f \( -name "*.map" -o -name "*.d.ts" -o -name "*.d.cts" -o -name "*.d.mts" \) -delete

FROM docker.io/library/node:24.21.0-bookworm-slim AS worker
# Sandboxes see this image's /usr, read-only: compilers and languages that your repositories need are listed here. npm stays, as set-up uses it.
ARG TASK_PACKAGES="make patch python3 python3-venv unzip xz-utils"
RUN apt-get update \
  && apt-get install -y --no-install-recommends bash bubblewrap ca-certificates git openssh-client tini util-linux ${TASK_PACKAGES} \
  && rm -rf /var/lib/apt/lists/* \
  && install -d -o 1000 -g 1000 -m 0711 /var/lib/async-coder
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY --from=build /build/package.json ./
COPY --from=build /build/dist/libs ./dist/libs
COPY --from=build /build/dist/apps/worker ./dist/apps/worker
ARG APP_VERSION=0.1.0
ARG APP_COMMIT=unknown
ENV NODE_ENV=production \
  WORKER_HOST=0.0.0.0 \
  WORKER_PORT=3001 \
  WORKER_DATA_DIR=/var/lib/async-coder \
  APP_VERSION=${APP_VERSION} \
  APP_COMMIT=${APP_COMMIT}
USER 1000:1000
EXPOSE 3001
VOLUME /var/lib/async-coder
HEALTHCHECK --interval=10s --timeout=3s --retries=6 CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.WORKER_PORT + '/health/live').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["node", "dist/apps/worker/src/main.js"]
