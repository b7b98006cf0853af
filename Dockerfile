# syntax=docker/dockerfile:1

# docker build --tag rasika .
# docker run --init --publish 127.0.0.1:8000:8000 --volume rasika:/var/lib/rasika rasika
#
# By itself, the container runs its own PostgreSQL and Valkey in /var/lib/rasika. With
# RASIKA_DATABASE_URL and RASIKA_REDIS_URL it uses other servers, as docker-compose.yml does.

ARG PYTHON_VERSION=3.11

FROM python:${PYTHON_VERSION}-slim AS build

# The extras of pyproject.toml to install: qdrant, sentence-transformers, bench.
ARG EXTRAS=qdrant

ENV PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/rasika
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/rasika/bin/pip install --constraint constraints.txt ".[${EXTRAS}]"


FROM python:${PYTHON_VERSION}-slim

# A fixed user id, so that volumes keep their owner from one image to the next.
RUN useradd --uid 10001 --create-home --home-dir /var/lib/rasika rasika
COPY --from=build /opt/rasika /opt/rasika

ENV PATH=/opt/rasika/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    RASIKA_HOME=/var/lib/rasika
USER rasika
WORKDIR /var/lib/rasika
VOLUME /var/lib/rasika
EXPOSE 8000

# The first start creates the database and loads the seed catalogue.
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/livez', timeout=4)"]

CMD ["rasika", "serve", "--host", "0.0.0.0"]
