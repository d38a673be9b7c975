# The worker: docker build -t mailmart-worker . (docker-compose.yml does it). How to run it: docs/how-to/run-with-docker-compose.md
# The base's tag: github.com/docker-library/official-images, library/node. Debian, because the native parts of Temporal and DuckDB need glibc.
FROM node:24.19.0-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
# Not npm ci, for the reason in scripts/setup.sh; the versions are those of the lock file all the same.
RUN npm install --no-save --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY connectors connectors
COPY workflows workflows
COPY activities activities
RUN npm run build

FROM node:24.19.0-bookworm-slim AS packages
WORKDIR /packages
COPY package.json package-lock.json ./
RUN npm install --omit=dev --no-save --ignore-scripts --no-audit --no-fund
COPY sql/package.json sql/package-lock.json sql/
RUN npm install --omit=dev --no-save --ignore-scripts --no-audit --no-fund --prefix sql
# What never runs here: Temporal's library for other systems, and the editor that Dataform's formatter brings along.
RUN case "$(uname -m)" in x86_64) keep=x86_64-unknown-linux-gnu ;; aarch64) keep=aarch64-unknown-linux-gnu ;; *) exit 1 ;; esac \
    && test -d "node_modules/@temporalio/core-bridge/releases/$keep" \
    && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 ! -name "$keep" -exec rm -rf {} + \
    && rm -rf node_modules/monaco-editor

FROM node:24.19.0-bookworm-slim
ENV NODE_ENV=production \
    MAILMART_CACHE=/cache
# A new volume takes the owner of the folder that it is mounted on.
RUN install -d -o node -g node -m 0700 /project /cache
WORKDIR /app
COPY package.json LICENSE README.md ./
COPY bin bin
COPY --from=packages /packages/node_modules node_modules
COPY sql sql
COPY --from=packages /packages/sql/node_modules sql/node_modules
COPY --from=build /build/dist dist
RUN ln -s /app/bin/mailmart.js /usr/local/bin/mailmart
# uid of the base's user `node`: a number, so that Kubernetes can see that it is not root.
USER 1000:1000
WORKDIR /project
STOPSIGNAL SIGTERM
# Asks Temporal when this worker last asked for work; see src/worker-health.ts. For other commands than `worker`: --no-healthcheck.
HEALTHCHECK --interval=60s --timeout=20s --start-period=120s --retries=3 \
    CMD ["node", "/app/dist/src/worker-health.js", "/project"]
ENTRYPOINT ["node", "/app/bin/mailmart.js"]
CMD ["worker"]
