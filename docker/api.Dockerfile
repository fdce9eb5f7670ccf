# The API, and the commands that migrate and seed the database. From the repository's root:
#   docker build -f docker/api.Dockerfile -t async-coder/api .
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

FROM docker.io/library/node:24.21.0-bookworm-slim AS api
# npm is how an intruder would get tools; nothing here calls it.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates tini \
  && rm -rf /var/lib/apt/lists/* /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn-*
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY --from=build /build/package.json ./
COPY --from=build /build/dist/libs ./dist/libs
COPY --from=build /build/dist/apps/api ./dist/apps/api
ARG APP_VERSION=0.1.0
ARG APP_COMMIT=unknown
ENV NODE_ENV=production \
  API_HOST=0.0.0.0 \
  API_PORT=3000 \
  APP_VERSION=${APP_VERSION} \
  APP_COMMIT=${APP_COMMIT}
USER 1000:1000
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --retries=6 CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.API_PORT + '/health/live').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["node", "dist/apps/api/src/main.js"]
