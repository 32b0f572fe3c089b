# The portal in production: web, worker and beat are the same image with another command (see docker-compose.yml).
FROM node:22-bookworm-slim AS front-end
WORKDIR /portal
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund --ignore-scripts

FROM python:3.11-slim-bookworm
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 VAR_DIR=/var/lib/portal
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/portal --shell /usr/sbin/nologin portal
WORKDIR /portal
COPY requirements.txt ./
RUN pip install --require-hashes --requirement requirements.txt
COPY --from=front-end /portal/node_modules node_modules
COPY . .
# Neither needs a server; the values are only there to be read.
RUN export DATABASE_URL=postgres:///unused REDIS_URL=redis://unused SECRET_KEY=unused \
    && python manage.py catalogues compile \
    && python manage.py collectstatic --no-input --verbosity 0 \
    && install -d -o portal -g portal -m 700 /var/lib/portal/media
USER portal
EXPOSE 8000
# The host is one that the portal answers to; 127.0.0.1 need not be.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:8000/healthz', headers={'Host': os.environ['ALLOWED_HOSTS'].split(',')[0]}), timeout=4)"]
CMD ["gunicorn", "integration_portal.wsgi", "--bind=0.0.0.0:8000", "--workers=3", "--threads=4", "--worker-tmp-dir=/dev/shm", "--no-control-socket", "--access-logfile=-"]
