"""How static files are stored in production: compressed, named by their content, modules' imports included."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ManifestStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # WhiteNoise has no types
    # A module that is imported under two names would run twice: two pollers a page.
    support_js_module_import_aggregation = True
