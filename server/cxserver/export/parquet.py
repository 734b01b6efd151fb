"""An export as Parquet: typed columns, lists as lists, the words as they were stored."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from cxserver.errors import ServerError

try:
    import pyarrow
    from pyarrow import parquet
except ImportError:
    raise ServerError(
        "Parquet needs a package that is not installed: pip install 'cxsdk[parquet]'"
    ) from None

# So many rows wait in memory for one another: a group is what a reader can skip.
GROUP = 65_536
_BATCH = 2_000

_TEXT, _POINT = pyarrow.string(), pyarrow.int8()
_LIST = pyarrow.list_(_TEXT)
SCHEMA = pyarrow.schema(
    [
        *((name, _TEXT) for name in ("service", "office", "channel", "language", "survey")),
        ("day", pyarrow.date32()),
        ("answered_hour", pyarrow.timestamp("ms", tz="UTC")),
        ("delay", _TEXT),
        ("trust", _POINT),
        ("satisfaction", _POINT),
        ("drivers_positive", _LIST),
        ("drivers_negative", _LIST),
        ("driver_scores", pyarrow.map_(_TEXT, _POINT)),
        ("comment", _TEXT),
        ("questions", pyarrow.map_(_TEXT, _TEXT)),
        ("flags", _LIST),
        ("scale", _TEXT),
    ]
)


@contextmanager
def writer(file: BinaryIO, aside: Path) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Rows into a Parquet file."""
    waiting: list[dict[str, Any]] = []
    batches: list[Any] = []
    with parquet.ParquetWriter(file, SCHEMA, compression="zstd") as out:

        def put(row: dict[str, Any]) -> None:
            waiting.append(row)
            if len(waiting) == _BATCH:
                pack()
            if len(batches) * _BATCH >= GROUP:
                write()

        def pack() -> None:
            batches.append(_batch(waiting))
            waiting.clear()

        def write() -> None:
            out.write_table(pyarrow.Table.from_batches(batches, SCHEMA), row_group_size=GROUP * 2)
            batches.clear()

        yield put
        pack()
        write()


def _batch(rows: list[dict[str, Any]]) -> Any:
    return pyarrow.RecordBatch.from_arrays(
        [_array(field, [row[field.name] for row in rows]) for field in SCHEMA], schema=SCHEMA
    )


def _array(field: Any, values: list[Any]) -> Any:
    if pyarrow.types.is_map(field.type):
        return pyarrow.array([sorted(value.items()) for value in values], field.type)
    if pyarrow.types.is_date(field.type) or pyarrow.types.is_timestamp(field.type):
        return pyarrow.array(values, _TEXT).cast(field.type)
    return pyarrow.array(values, field.type)
