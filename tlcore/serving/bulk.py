"""Predictions for a whole folder, with progress; an interrupted one goes on where it was.

Pictures are decoded in threads while the network looks at those before them.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from pathlib import Path

from torch import Tensor

from tlcore.classifier.classifier import Classifier
from tlcore.errors import GraftError, PictureRefused
from tlcore.images.intake.sources import Source, from_folder
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, never
from tlcore.serving.sorting import check_place, sort_into
from tlcore.serving.table import Journal, Line, check_name, read_lines, write_table

BATCH = 32
DECODERS = 2
AHEAD = 3 * BATCH  # pictures decoded before they are needed
Prepared = Tensor | str  # pixels (C, H, W), or why a file was refused


def journal_of(out: Path) -> Path:
    """The journal of a table that is being made: beside it."""
    return out.with_name(out.name + ".journal")


def predict_folder(
    classifier: Classifier,
    folder: Path,
    out: Path,
    *,
    sort_to: Path | None = None,
    stop: Stop = never,
) -> Iterator[Event]:
    """Predict for every picture below `folder` and write a table (.csv or .parquet) to `out`.

    With `sort_to`, pictures are also copied into a folder there for each label. Yields `progress`,
    then `result` with {"path", "answered", "declined", "refused", "counts"}. Stopped half-way, it
    leaves a journal beside `out` and goes on from it the next time; a finished table is written
    anew.

    Raises:
        GraftError: there is no such folder, nothing in it, `sort_to` lies in it, or the table
            cannot be written.
    """
    check_name(out)
    if sort_to is not None:
        check_place(folder, sort_to)  # not after hours of work
    sources = _sources(folder, out)
    journal = Journal(journal_of(out), _key(classifier, folder))
    try:
        stopped = yield from _predict_rest(classifier, sources, journal, stop)
    finally:
        journal.close()
    if stopped:
        return
    manifest = classifier.manifest
    write_table(journal.path, out, manifest.labels, manifest.threshold)
    if sort_to is not None:
        lines = read_lines(journal.path)
        copies = sort_into(folder, sort_to, lines, manifest.labels, manifest.threshold)
        if (yield from _copy(copies, len(sources), stop)):
            return
    yield Event("result", {"path": str(out), **_counts(classifier, journal.path)})
    journal.path.unlink(missing_ok=True)


def _copy(copies: Iterator[Path], total: int, stop: Stop) -> Generator[Event, None, bool]:
    """Take the copies one by one; whether it was stopped on the way."""
    for copied, _ in enumerate(copies, start=1):
        if copied % 50 == 0:
            yield _progress("Copying", copied, total)
        if stop():
            return True
    return False


def _sources(folder: Path, out: Path) -> list[Source]:
    """The files below `folder` but for our own, since the table may be wanted in it."""
    ours = {out.name, journal_of(out).name}
    every = from_folder(folder, masks=False)  # a prediction for each file, whatever its name
    sources = [source for source in every if source.name not in ours]
    if not sources:
        raise GraftError(f"There are no files in “{folder}”.", "Give a folder of pictures.")
    return sources


def _predict_rest(
    classifier: Classifier, sources: Sequence[Source], journal: Journal, stop: Stop
) -> Generator[Event, None, bool]:
    """Predict for what is not in the journal yet; whether it was stopped on the way."""
    rest = [source for source in sources if source.name not in journal.done]
    before = len(sources) - len(rest)
    with closing(_predict(classifier, rest, journal)) as counts:
        for done in counts:
            yield _progress("Looking at pictures", before + done, len(sources))
            if stop():
                return True
    return False


def _predict(
    classifier: Classifier, sources: Sequence[Source], journal: Journal
) -> Generator[int, None, None]:
    """Predict for sources in their order, a batch at a time; how many are done.

    Closed half-way, it waits only for the pictures that are being decoded just then.
    """
    done = 0
    decoding: deque[tuple[Source, Future[Prepared]]] = deque()
    rest = iter(sources)
    with ThreadPoolExecutor(DECODERS, "decode") as pool:
        try:
            while True:
                for source in islice(rest, AHEAD - len(decoding)):
                    decoding.append((source, pool.submit(_prepared, classifier, source)))
                batch = [decoding.popleft() for _ in range(min(BATCH, len(decoding)))]
                if not batch:
                    return
                _write(classifier, [(source, job.result()) for source, job in batch], journal)
                done += len(batch)
                yield done
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _prepared(classifier: Classifier, source: Source) -> Prepared:
    """The prepared pixels (C, H, W) of a file, or why there are none."""
    try:
        return classifier.prepare(source.read())
    except PictureRefused as error:
        return error.message
    except OSError as error:
        return f"The file cannot be opened ({error.strerror or error})."


def _write(
    classifier: Classifier, batch: Sequence[tuple[Source, Prepared]], journal: Journal
) -> None:
    """Predict for a batch of pixels (C, H, W) and put it into the journal, in its order."""
    pixels = [prepared for _, prepared in batch if isinstance(prepared, Tensor)]
    rows = iter(classifier.classify(pixels).probabilities if pixels else ())
    for source, prepared in batch:
        if isinstance(prepared, str):
            journal.add(Line(source.name, None, prepared))
        else:
            journal.add(Line(source.name, tuple(round(share, 6) for share in next(rows))))
    journal.flush()


def _counts(classifier: Classifier, journal: Path) -> dict[str, object]:
    """How many pictures were predicted, declined and refused, and how often each label came."""
    counts = dict.fromkeys(classifier.labels, 0)
    declined = refused = 0
    for line in read_lines(journal):
        if line.row is None:
            refused += 1
            continue
        best = max(range(len(line.row)), key=line.row.__getitem__)
        counts[classifier.labels[best]] += 1
        declined += line.row[best] < classifier.manifest.threshold
    answered = sum(counts.values())
    return {"answered": answered, "declined": declined, "refused": refused, "counts": counts}


def _key(classifier: Classifier, folder: Path) -> str:
    """A journal of another classifier, or for another folder, is begun anew."""
    text = classifier.manifest.to_text() + str(folder.resolve())
    return hashlib.sha256(text.encode()).hexdigest()


def _progress(doing: str, done: int, total: int) -> Event:
    return Event("progress", {"doing": doing, "done": done, "total": total})
