"""gunicorn's settings, for the demo and the Procfile alike."""

import gc
from typing import Any

worker_class = "gthread"
threads = 4
preload_app = True
keepalive = 5
timeout = 60
graceful_timeout = 20
accesslog = None
errorlog = "-"
loglevel = "warning"

BODY_SECONDS = 5  # between two pieces of it; HubSpot waits no longer for its answer


def when_ready(_server: object) -> None:
    """What is loaded now lives as long as the server: the collector need not look at it, nor the forks copy it."""
    gc.freeze()
    gc.set_threshold(20_000)


def pre_request(_worker: object, request: Any) -> None:
    """A body that stops coming must not hold a thread for ever: a dozen of them would hold them all."""
    request.unreader.sock.settimeout(BODY_SECONDS)
