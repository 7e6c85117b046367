# The image brings no PostgreSQL and no Temporal: it needs DATABASE_URL, TEMPORAL_ADDRESS, SECRETS_KEY and OPERATOR_KEY.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The one install script that something needs is that of the embedded PostgreSQL, which the image does not have.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
COPY workflows workflows
COPY activities activities
# What starts the embedded servers stays behind, with them.
RUN node scripts/build.mjs && rm -r dist/src/embedded dist/src/start/embedded.js

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Optional packages are the embedded PostgreSQL and what only development tools need. core-bridge comes with a library of
# some 40 MB for each platform; the image is for one.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund \
  && case "$(uname -m)" in x86_64 | aarch64) ;; *) echo "no Temporal SDK for $(uname -m)" >&2; exit 1 ;; esac \
  && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} +

FROM ${NODE_IMAGE}
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/var/lib/postrider
RUN install -d -o node -g node -m 700 /var/lib/postrider
WORKDIR /app
COPY package.json LICENSE NOTICE ./
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
USER node
EXPOSE 8080
# /livez asks about the process alone: one that waits for its database must not be restarted for it.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=64", "dist/src/main.js"]
