# One image for web, worker, beat and commands; compose.yaml says which does what. Nobody in it is root, and nothing writes
# outside /tmp: run it with a read-only root file system and a tmpfs on /tmp.
FROM python:3.11-slim AS packages
COPY requirements.lock /tmp/requirements.lock
RUN python -m venv /opt/backstory \
    && /opt/backstory/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /tmp/requirements.lock

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /srv/backstory --shell /usr/sbin/nologin backstory \
    && install --directory --owner backstory /srv/wording /srv/backups
COPY --from=packages /opt/backstory /opt/backstory
WORKDIR /srv/backstory
COPY wsgi.py ./
COPY scoring scoring
COPY surveys surveys
COPY tasks tasks
COPY local local
COPY templates templates
ENV PATH=/opt/backstory/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 FLASK_APP=wsgi LOG_FORMAT=json \
    GRANIAN_LOG_CONFIG=/srv/backstory/surveys/granian_log.json PROMETHEUS_MULTIPROC_DIR=/tmp/metrics
USER backstory
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "wsgi:app", "--host", "0.0.0.0", "--port", "8000", \
     "--workers", "2", "--blocking-threads", "4", "--respawn-failed-workers", "--no-ws"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
