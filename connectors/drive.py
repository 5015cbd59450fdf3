"""Documents from Google Drive, from inside the listed folders only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import batched, islice
from typing import Any

from connectors.google import GoogleClient
from connectors.ports import File
from connectors.watch import Operation

FILES_LIST = Operation("drive", "files.list")
_MOST_FILES = 200
_PAGE = 100
_FOLDERS_AT_ONCE = 20  # keeps the query within a URL
# A shortcut lies in the folder, but what it opens may lie anywhere.
_NOT_DOCUMENTS = ("application/vnd.google-apps.folder", "application/vnd.google-apps.shortcut")
_FIELDS = "nextPageToken,files(id,name,description,mimeType,webViewLink,modifiedTime,parents,trashed)"


class DriveFiles:
    """`ports.FilesReader` over one Google account."""

    def __init__(self, client: GoogleClient) -> None:
        self._client = client

    def files_in(self, folder_ids: tuple[str, ...]) -> tuple[File, ...]:
        """The files right in these folders, newest first, at most 200; folders inside them have to be listed too."""
        allowed = tuple(dict.fromkeys(one for one in folder_ids if one))
        listed = (raw for some in batched(allowed, _FOLDERS_AT_ONCE) for raw in self._listed(some))
        found = (_file(raw, allowed) for raw in islice(listed, _MOST_FILES))
        return tuple(file for file in found if file)

    def _listed(self, folder_ids: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
        token: str | None = None
        while True:
            request = self._client.files.list(
                q=_query(folder_ids),
                fields=_FIELDS,
                pageSize=_PAGE,
                orderBy="modifiedTime desc",
                supportsAllDrives=True,
                includeItemsFromAllDrives=True,
                pageToken=token,
            )
            page = self._client.ask(FILES_LIST, request, "files")
            yield from page["files"]
            token = page.get("nextPageToken")
            if not token:
                return


def _query(folder_ids: tuple[str, ...]) -> str:
    """https://developers.google.com/workspace/drive/api/guides/search-files"""
    inside = " or ".join(f"'{_escaped(one)}' in parents" for one in folder_ids)
    kinds = " and ".join(f"mimeType != '{one}'" for one in _NOT_DOCUMENTS)
    return f"({inside}) and trashed = false and {kinds}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def _file(raw: Mapping[str, Any], allowed: tuple[str, ...]) -> File | None:
    """None for what the query should have left out: it is checked again, as a link to it may reach a prospect."""
    folder = next((one for one in raw.get("parents") or [] if one in allowed), None)
    if folder is None or raw.get("trashed") or raw.get("mimeType") in _NOT_DOCUMENTS or not raw.get("webViewLink"):
        return None
    modified = raw.get("modifiedTime")
    return File(
        id=raw["id"],
        title=raw.get("name", ""),
        url=raw["webViewLink"],
        mime_type=raw.get("mimeType", ""),
        folder_id=folder,
        description=raw.get("description", ""),
        modified_at=datetime.fromisoformat(modified) if modified else None,
    )
