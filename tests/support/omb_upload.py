"""Whether a file is one that OMB takes: the v2 upload, as GSA's Touchpoints describes it.

It reads `data/omb_v2_upload_spec.json` (taken from GSA/touchpoints: its upload, its exporter, its
documents) and applies it strictly, cells and all. It knows nothing of the code that it judges.
"""

import csv
import io
import json
from pathlib import Path

SPEC = json.loads(
    (Path(__file__).parents[1] / "data" / "omb_v2_upload_spec.json").read_text(encoding="utf-8")
)


def faults(name: str, body: bytes, survey_type: str) -> list[str]:
    """Everything that is wrong with the file, if anything is."""
    if not name.endswith(SPEC["file"]["extension"]):
        return ["extension"]
    if body.startswith(b"\xef\xbb\xbf"):
        return ["it begins with a byte order mark"]
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return ["not UTF-8"]
    if not text.endswith(("\n", "\r\n")):
        return ["no end of the last line"]
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    wanted = [column["name"] for column in SPEC["columns"]]
    if not rows or rows[0] != wanted:
        return ["headers"]
    wrong = [
        f"line {line}: {fault}"
        for line, row in enumerate(rows[1:], 2)
        for fault in cells(row, survey_type)
    ]
    ids = [row[0] for row in rows[1:]]
    return wrong + (["external_id stands twice"] if len(ids) != len(set(ids)) else [])


def cells(row: list[str], survey_type: str) -> list[str]:
    """What is wrong with a row."""
    if len(row) != len(SPEC["columns"]):
        return [f"{len(row)} cells"]
    wrong = []
    for cell, column in zip(row, SPEC["columns"], strict=True):
        values = column["values"]
        if isinstance(values, dict):
            values = values[survey_type]
        if isinstance(values, list) and cell not in values:
            wrong.append(f"{column['name']} is {cell!r}")
    return wrong if row[0] else [*wrong, "no external_id"]
