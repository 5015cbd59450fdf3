"""gunicorn's settings, for the demo and the Procfile alike."""

worker_class = "gthread"
threads = 4
preload_app = True
keepalive = 5
timeout = 60
graceful_timeout = 20
accesslog = None
errorlog = "-"
loglevel = "warning"
