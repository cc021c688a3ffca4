"""Exporting: write a format, run pictures through what was written, hand it out or refuse.

A file that fails its check is deleted; nobody can take a wrong one away.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from tlcore.classifier.classifier import Classifier
from tlcore.errors import ExportRefused
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, check, never
from tlcore.serving.export.agreement import Check, CheckSet, Rows, compare
from tlcore.serving.formats import writers
from tlcore.serving.formats.registry import BY_KEY
from tlcore.workspace.files import put_in_place

FIRST_DATE = (2000, 1, 1, 0, 0, 0)  # so that the same classifier gives the same zip
LEVEL = 6


@dataclass(frozen=True)
class Exporter:
    """How a format is written into a folder, and how what was written answers.

    `write` puts its files into an empty folder. Each of `sides` gives the answers of the app and
    of the written file for the same picture, as (app, file).
    """

    write: Callable[[Classifier, Path, Path, CheckSet], None]
    sides: Callable[[Classifier, Path], writers.Ask]
    rounded: bool = False


EXPORTERS = {
    "web": Exporter(writers.write_web, writers.ask_web),
    "onnx": Exporter(writers.write_onnx, writers.ask_onnx),
    "onnx-int8": Exporter(writers.write_int8, writers.ask_onnx, rounded=True),
    "torch": Exporter(writers.write_torch, writers.ask_torch),
    "python": Exporter(writers.write_python, writers.ask_python),
}


def export(
    folder: Path, kind: str, out: Path, checked: CheckSet, *, stop: Stop = never
) -> Iterator[Event]:
    """Export the classifier in `folder` as `kind` to `out`, checked.

    A name that ends in .zip gets a zip, any other a folder (but ONNX is always one file). Yields
    `progress` and then `result` with {"path", "bytes", "check"}.

    Raises:
        ClassifierInvalid: there is no sound classifier in `folder`.
        ExportRefused: it cannot be written so, or its file does not answer as the app does.
    """
    if kind not in EXPORTERS:
        raise ExportRefused(f"There is no format “{kind}”.", f"Choose {', '.join(EXPORTERS)}.")
    exporter = EXPORTERS[kind]
    yield _progress("Opening the classifier", 0, 1)
    classifier = Classifier.load(folder)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=".export-", dir=out.parent, ignore_cleanup_errors=True
        ) as staging:
            made = Path(staging) / "classifier"
            made.mkdir()
            yield _progress(f"Writing {BY_KEY[kind].title}", 0, 1)
            exporter.write(classifier, folder, made, checked)
            found = yield from _ask_both(exporter, classifier, made, checked, stop)
            if not found.passed:
                raise refusal(found)
            size = _place(made, out, one_file=BY_KEY[kind].suffix == ".onnx")
    except OSError as error:
        raise ExportRefused(
            f"“{out}” cannot be written ({error.strerror or error}).",
            "Free some space, or give another name that is not there yet.",
        ) from error
    yield Event("result", {"path": str(out), "bytes": size, "check": found.to_json()})


def refusal(found: Check) -> ExportRefused:
    """Why a file that was written is not handed out."""
    return ExportRefused(
        f"The exported file does not answer as the app does: {found.words} It was deleted.",
        "Take another format"
        + (", for example ONNX without rounding." if found.rounded else "; the Python folder is "
           "closest to the app."),
    )  # fmt: skip


def _ask_both(
    exporter: Exporter, classifier: Classifier, made: Path, checked: CheckSet, stop: Stop
) -> Generator[Event, None, Check]:
    """The worst check over all ways in which what was written can be asked."""
    pairs: list[list[writers.Pair]] = []
    try:
        ask = exporter.sides(classifier, made)
    except Exception as error:
        raise _silent(error) from error
    for done, picture in enumerate(checked.pictures, start=1):
        check(stop)
        try:
            pairs.append(ask(picture))
        except OSError:
            raise  # the picture, not the file
        except Exception as error:
            raise _silent(error) from error
        yield _progress("Checking the file against the app", done, len(checked.pictures))
    ways = len(pairs[0]) if pairs else 0
    found = []
    for way in range(ways):
        app: Rows = [one[way][0] for one in pairs]
        file: Rows = [one[way][1] for one in pairs]
        found.append(compare(checked, app, file, rounded=exporter.rounded))
    if not found:
        return compare(checked, [], [], rounded=exporter.rounded)
    return min(found, key=lambda one: (one.passed, one.equal, -one.apart))


def _silent(error: Exception) -> ExportRefused:
    """The file was written but does not answer at all."""
    logging.getLogger(__name__).error("an exported file failed", exc_info=error)
    return ExportRefused(
        f"The exported file cannot be used ({type(error).__name__}). It was deleted.",
        "Take another format.",
    )


def _place(made: Path, out: Path, *, one_file: bool) -> int:
    """Put what was written where it is wanted; its size in bytes."""
    if one_file:
        [file] = made.iterdir()
        return _replace(file, out)
    if out.suffix.lower() == ".zip":
        packed = made.with_suffix(".zip")
        pack(made, packed)
        return _replace(packed, out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ExportRefused(
            f"“{out}” is already there and not an empty folder.", "Give another name after --out."
        )
    size = sum(file.stat().st_size for file in made.rglob("*") if file.is_file())
    shutil.copytree(made, out, dirs_exist_ok=True)
    return size


def pack(folder: Path, out: Path) -> None:
    """A folder as one zip, its name as the folder inside; the same files give the same bytes."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = f"{folder.name}/{file.relative_to(folder).as_posix()}"
            entry = zipfile.ZipInfo(name, FIRST_DATE)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())


def _replace(file: Path, out: Path) -> int:
    size = file.stat().st_size
    put_in_place(file, out)
    return size


def _progress(doing: str, done: int, total: int) -> Event:
    return Event("progress", {"doing": doing, "done": done, "total": total})
