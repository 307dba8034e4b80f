# Bloomcount as one container. `docker build .` makes the image that serves the shipped recogniser; `--target full` adds
# TensorFlow, for classifiers that people bring as Keras files; `--target cluster` adds Ray instead, for many machines
# (docs/scale.md). BuildKit (Docker 23 and later) builds only what is asked for.
ARG BASE=python:3.11.14-slim-bookworm

FROM ${BASE} AS build
WORKDIR /build
COPY requirements.txt requirements.lock ./
ENV UV_LINK_MODE=copy UV_NO_CACHE=1
RUN sed -n '/^uv==/,/# via/p' requirements.lock > uv.txt \
    && python3 -m venv /uv \
    && /uv/bin/pip install --no-cache-dir --require-hashes --requirement uv.txt \
    && /uv/bin/uv venv --python python3 /venv
# The lock is the constraint: it holds the one version and the hashes of whatever these few need.
RUN sed '/^# packages that people bring/,$d' requirements.txt > app.txt \
    && /uv/bin/uv pip install --python /venv --require-hashes --requirements app.txt --constraints requirements.lock \
    && find /venv -depth -not -path '*.dist-info/*' \
        \( -type d \( -name tests -o -name include \) -o -name '*.map' -o -name '*.pyx' -o -name '*.c' \) -exec rm -r {} + \
    && /venv/bin/python -m compileall -q -j 0 /venv

FROM build AS build-full
RUN sed '/^# more than one machine/,$d' requirements.txt > full.txt \
    && /uv/bin/uv pip install --python /venv --require-hashes --requirements full.txt --constraints requirements.lock \
    && rm -r /venv/lib/python3*/site-packages/tensorflow/include \
    && /venv/bin/python -c "import keras, tensorflow"

FROM build AS build-cluster
RUN sed '/^# packages that people bring/,/^# more than one machine/d; /^# training/,$d' requirements.txt > cluster.txt \
    && /uv/bin/uv pip install --python /venv --require-hashes --requirements cluster.txt --constraints requirements.lock \
    && /venv/bin/python -c "import ray"

FROM ${BASE} AS app
RUN useradd --system --uid 10001 bloom && install --directory --owner bloom /data
WORKDIR /app
COPY . .
# The root file system may be read-only: what is written goes to the store, and for a moment to /tmp. With an address to
# print, Streamlit asks nobody on the internet for one. Port 9464 is for Prometheus on the same machine: it is not
# exposed, so that nobody hands it on. Blocks of 1 MiB and more go back to the system when they are free, as in the Makefile.
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 HOME=/tmp BLOOM_STORE=/data BLOOM_METRICS=0.0.0.0:9464 \
    MALLOC_MMAP_THRESHOLD_=1048576 \
    STREAMLIT_BROWSER_SERVER_ADDRESS=localhost STREAMLIT_SERVER_PORT=8501
USER 10001
EXPOSE 8501
HEALTHCHECK --start-period=60s --timeout=20s CMD \
    ["python", "-c", "import os, urllib.request as web; web.build_opener(web.ProxyHandler({})).open(f'http://127.0.0.1:{os.environ[\"STREAMLIT_SERVER_PORT\"]}/readyz')"]
CMD ["streamlit", "run", "streamlit_app.py"]

FROM app AS full
COPY --from=build-full /venv /venv

# Ray's launchers start login shells, whose PATH is the system's, and copy files with rsync, whose version is the base's.
# No word about its use goes to Ray's makers.
FROM app AS cluster
COPY --from=build-cluster /venv /venv
USER 0
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends rsync && rm -rf /var/lib/apt/lists/* \
    && ln -sf /venv/bin/ray /venv/bin/python /usr/local/bin/
USER 10001
ENV RAY_USAGE_STATS_ENABLED=0 PYTHONPATH=/app
HEALTHCHECK NONE
CMD ["python", "-m", "core", "count", "--help"]

FROM app AS default
COPY --from=build /venv /venv
