# One image for web, worker and release; docker-compose.yml says which command each runs.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin app
WORKDIR /app

COPY requirements.txt ./
RUN pip install --require-hashes --requirement requirements.txt

COPY manage.py ./
COPY salesagent ./salesagent
COPY connectors ./connectors
COPY leads ./leads
COPY templates ./templates
COPY ops ./ops
COPY tests/evaluation ./tests/evaluation
RUN python -m compileall -q .

# The console's static files, with the names that production gives them. The values are for this one command, and
# reach nothing: collectstatic opens no database and keeps no secret.
RUN ENVIRONMENT=production PUBLIC_URL=https://build.invalid DATABASE_URL=postgresql://build.invalid/build \
    SECRET_KEY=only-for-collectstatic-in-the-image-build-0123456789 \
    CREDENTIALS_KEYS=b25seS1mb3ItY29sbGVjdHN0YXRpYy1pbi1hLWJ1aWw= \
    python manage.py collectstatic --noinput

USER app
EXPOSE 8000
CMD ["gunicorn", "-c", "ops/gunicorn.conf.py", "--bind", "0.0.0.0:8000", "salesagent.wsgi"]
