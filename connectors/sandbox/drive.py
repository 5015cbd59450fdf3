"""Google Drive's HTTP API: files in folders, of the user's drive and of shared ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from connectors.sandbox.crm import instant
from connectors.sandbox.drivequery import compile_query
from connectors.sandbox.fields import keep, parse
from connectors.sandbox.seed import FileSeed
from connectors.sandbox.wire import Answer, Call, Json, Route, google_error, page

if TYPE_CHECKING:
    from connectors.sandbox.state import Box

LINKS = {
    "application/vnd.google-apps.folder": "https://drive.google.com/drive/folders/{}",
    "application/vnd.google-apps.document": "https://docs.google.com/document/d/{}/edit",
    "application/vnd.google-apps.presentation": "https://docs.google.com/presentation/d/{}/edit",
    "application/vnd.google-apps.spreadsheet": "https://docs.google.com/spreadsheets/d/{}/edit",
}
ORDERS = {"name": "name", "modifiedTime": "modified", "createdTime": "modified", "folder": "mime_type"}
USUAL_FIELDS = "kind,id,name,mimeType"


@dataclass(frozen=True, slots=True)
class DriveFile:
    id: str
    name: str
    parent: str
    mime_type: str
    description: str
    text: str
    drive_id: str
    modified: datetime
    trashed: bool

    @classmethod
    def planted(cls, seed: FileSeed) -> DriveFile:
        text = f"{seed.name} {seed.description} {seed.text}".lower()
        modified = datetime.now(UTC) - timedelta(hours=seed.modified_hours_ago)
        return cls(
            seed.id,
            seed.name,
            seed.parent,
            seed.mime_type,
            seed.description,
            text,
            seed.drive_id,
            modified,
            seed.trashed,
        )

    def shown(self) -> Json:
        link = LINKS.get(self.mime_type, "https://drive.google.com/file/d/{}/view").format(self.id)
        shown: Json = {
            "kind": "drive#file",
            "id": self.id,
            "name": self.name,
            "mimeType": self.mime_type,
            "webViewLink": link,
            "modifiedTime": instant(self.modified),
            "createdTime": instant(self.modified),
            "trashed": self.trashed,
        }
        optional = {"description": self.description, "driveId": self.drive_id}
        optional_parents = {"parents": [self.parent]} if self.parent else {}
        return shown | {name: value for name, value in optional.items() if value} | optional_parents


def list_files(box: Box, call: Call) -> Answer:
    """Files of shared drives only appear to a client that says twice that it wants them, as with Google."""
    try:
        after, limit = page(call.query, size="pageSize", after="pageToken", usual=100, most=1000)
    except ValueError as error:
        raise google_error(400, str(error), "invalid") from error
    test = compile_query(call.query.get("q", ""))
    shared = all(call.query.get(name) == "true" for name in ("supportsAllDrives", "includeItemsFromAllDrives"))
    files = [file for file in box.files.values() if test(file) and (shared or not file.drive_id)]
    for order in reversed(call.query.get("orderBy", "").split(",")):
        _sort(files, order.strip())
    mask = parse(call.query.get("fields") or f"kind,incompleteSearch,nextPageToken,files({USUAL_FIELDS})")
    answer: Json = {"kind": "drive#fileList", "incompleteSearch": False}
    answer["files"] = [file.shown() for file in files[after : after + limit]]
    if after + limit < len(files):
        answer["nextPageToken"] = str(after + limit)
    return Answer(keep(answer, mask))


def _sort(files: list[DriveFile], order: str) -> None:
    name, _, direction = order.partition(" ")
    if not order:
        return
    if name not in ORDERS or direction not in ("", "desc"):
        raise google_error(400, f"Invalid sort key {order!r}", "invalid", location="orderBy")
    files.sort(key=lambda file: getattr(file, ORDERS[name]), reverse=direction == "desc")


def get_file(box: Box, call: Call) -> Answer:
    file = box.files.get(call.args[0])
    if file is None or (file.drive_id and call.query.get("supportsAllDrives") != "true"):
        raise google_error(404, f"File not found: {call.args[0]}.", location="fileId")
    return Answer(keep(file.shown(), parse(call.query.get("fields") or USUAL_FIELDS)))


ROUTES = [
    Route("drive", "files.list", "GET", "/drive/v3/files", list_files),
    Route("drive", "files.get", "GET", "/drive/v3/files/{id}", get_file),
]
