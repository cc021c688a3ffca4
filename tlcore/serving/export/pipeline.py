"""Exporting: write a format, run pictures through what was written, hand it out or refuse.

A file that fails its check is deleted; nobody can take a wrong one away.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

from tlcore.classifier.classifier import Classifier
from tlcore.errors import ExportRefused
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, check, never
from tlcore.serving.export.agreement import Agreement, Rows, compare
from tlcore.serving.export.archive import place
from tlcore.serving.export.check_set import CheckSet
from tlcore.serving.export.misreading import misread_kind
from tlcore.serving.formats.comparison import PredictionPair
from tlcore.serving.formats.format import Format


def export(
    folder: Path, export_format: Format, out: Path, check_set: CheckSet, *, stop: Stop = never
) -> Iterator[Event]:
    """Export the classifier in `folder` in a format to `out`, checked.

    A name that ends in .zip gets a zip, any other a folder (but ONNX is always one file). Yields
    `progress` and then `result` with {"path", "bytes", "check"}.

    Raises:
        ClassifierInvalid: there is no sound classifier in `folder`.
        ExportRefused: it cannot be written so, or its file does not agree with the app.
    """
    yield _progress("Opening the classifier", 0, 1)
    classifier = Classifier.load(folder)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=".export-", dir=out.parent, ignore_cleanup_errors=True
        ) as staging:
            written = Path(staging) / "classifier"
            written.mkdir()
            yield _progress(f"Writing {export_format.title}", 0, 1)
            export_format.write(classifier, folder, written, check_set.calibration)
            agreement = yield from _compare(export_format, classifier, written, check_set, stop)
            if not agreement.passed:
                raise refusal(agreement)
            _check_reading(export_format, written)
            size = place(written, out, single_file=export_format.suffix != ".zip")
    except OSError as error:
        raise ExportRefused(
            f"“{out}” cannot be written ({error.strerror or error}).",
            "Free some space, or give another name that is not there yet.",
        ) from error
    yield Event("result", {"path": str(out), "bytes": size, "check": agreement.to_json()})


def refusal(agreement: Agreement) -> ExportRefused:
    """Why a file that was written is not handed out."""
    return ExportRefused(
        f"The exported file does not answer as the app does: {agreement.words} It was deleted.",
        "Take another format"
        + (", for example ONNX without rounding." if agreement.rounded else "; the Python folder "
           "is closest to the app."),
    )  # fmt: skip


def _compare(
    export_format: Format, classifier: Classifier, folder: Path, check_set: CheckSet, stop: Stop
) -> Generator[Event, None, Agreement]:
    """The worst agreement over all ways in which what was written can be used."""
    rows: list[list[PredictionPair]] = []  # for each picture, a pair for each way
    try:
        comparison = export_format.comparison(classifier, folder)
    except Exception as error:
        raise _unusable(error) from error
    for done, picture in enumerate(check_set.pictures, start=1):
        check(stop)
        try:
            rows.append(comparison(picture))
        except OSError:
            raise  # the picture, not the file
        except Exception as error:
            raise _unusable(error) from error
        yield _progress("Checking the file against the app", done, len(check_set.pictures))
    agreements = [
        _agreement(check_set, pairs, rounded=export_format.rounded)
        for pairs in zip(*rows, strict=True)
    ]
    if not agreements:
        return compare(check_set, [], [], rounded=export_format.rounded)
    return min(agreements, key=lambda worst: (worst.passed, worst.equal, -worst.apart))


def _check_reading(export_format: Format, folder: Path) -> None:
    """Raises ExportRefused where whole files are read otherwise than in the app."""
    if export_format.reader is None:
        return
    try:
        kind = misread_kind(export_format.reader(folder))
    except Exception as error:
        raise _unusable(error) from error
    if kind is not None:
        raise ExportRefused(
            f"The exported file sees {kind} otherwise than the app does. It was deleted.",
            "Take another format, for example ONNX, which is given pixels and no files.",
        )


def _agreement(check_set: CheckSet, pairs: Sequence[PredictionPair], *, rounded: bool) -> Agreement:
    """Of one way to use the file, over all pictures."""
    app: Rows = [pair.app for pair in pairs]
    file: Rows = [pair.file for pair in pairs]
    return compare(check_set, app, file, rounded=rounded)


def _unusable(error: Exception) -> ExportRefused:
    """The file was written but predicts nothing at all."""
    logging.getLogger(__name__).error("an exported file failed", exc_info=error)
    return ExportRefused(
        f"The exported file cannot be used ({type(error).__name__}). It was deleted.",
        "Take another format.",
    )


def _progress(doing: str, done: int, total: int) -> Event:
    return Event("progress", {"doing": doing, "done": done, "total": total})
