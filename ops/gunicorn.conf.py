"""gunicorn's settings, for the demo and the Procfile alike."""

import gc

worker_class = "gthread"
threads = 4
preload_app = True
keepalive = 5
timeout = 60
graceful_timeout = 20
accesslog = None
errorlog = "-"
loglevel = "warning"


def when_ready(_server: object) -> None:
    """What is loaded now lives as long as the server: the collector need not look at it, nor the forks copy it."""
    gc.freeze()
    gc.set_threshold(20_000)
