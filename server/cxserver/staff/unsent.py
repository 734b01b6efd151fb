"""What was posted when its session had ended: words to be read again, and all the rest. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form, as it was sent; with a `label` where people wrote in it."""

    name: str
    value: str
    label: str = ""


def written(form: Mapping[str, Sequence[str]], labels: Mapping[str, str]) -> list[Field]:
    """What somebody wrote, in the order of the form."""
    return [field for field in _fields(form, labels) if field.label and field.value.strip()]


def others(form: Mapping[str, Sequence[str]], labels: Mapping[str, str]) -> list[Field]:
    """What else the form has: choices, names, versions."""
    return [field for field in _fields(form, labels) if not (field.label and field.value.strip())]


def label_of(name: str, labels: Mapping[str, str]) -> str:
    """The label of a field, "" for one in which nobody writes. `source-` labels all that begin
    so.
    """
    if name in labels:
        return labels[name]
    start, dash, rest = name.partition("-")
    label = labels.get(start + dash, "")
    return f"{label} ({rest})" if label and rest else ""


def _fields(form: Mapping[str, Sequence[str]], labels: Mapping[str, str]) -> Iterator[Field]:
    for name, values in form.items():
        for value in values:
            yield Field(name, value, label_of(name, labels))
