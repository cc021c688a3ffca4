"""Answers for a whole folder, with progress; whoever is interrupted goes on where they were.

Pictures are decoded in threads while the network looks at those before them.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
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
    """Ask about every picture below `folder` and write a table (.csv or .parquet) to `out`.

    Yields `progress`, then `result` with {"path", "answered", "declined", "refused", "counts"}.
    Stopped half-way, it leaves a journal beside `out` and goes on from it the next time; a finished
    table is written anew.

    Raises:
        GraftError: there is no such folder, nothing in it, `sort_to` lies in it, or the table
            cannot be written.
    """
    check_name(out)
    if sort_to is not None:
        check_place(folder, sort_to)  # not after hours of work
    ours = {out.name, journal_of(out).name}  # the table may be wanted in the folder itself
    sources = [one for one in from_folder(folder) if one.name not in ours]
    if not sources:
        raise GraftError(f"There are no files in “{folder}”.", "Give a folder of pictures.")
    journal = Journal(journal_of(out), _key(classifier, folder))
    try:
        left = [source for source in sources if source.name not in journal.done]
        before = len(sources) - len(left)
        with closing(_answer(classifier, left, journal)) as answered:
            for done in answered:
                yield _progress("Looking at pictures", before + done, len(sources))
                if stop():
                    return
    finally:
        journal.close()
    manifest = classifier.manifest
    write_table(journal.path, out, manifest.labels, manifest.threshold)
    if sort_to is not None:
        copies = sort_into(
            folder, sort_to, read_lines(journal.path), manifest.labels, manifest.threshold
        )
        for copied, _ in enumerate(copies, start=1):
            if copied % 50 == 0:
                yield _progress("Copying", copied, len(sources))
            if stop():
                return
    yield Event("result", {"path": str(out), **_counts(classifier, journal.path)})
    journal.path.unlink(missing_ok=True)


def _answer(
    classifier: Classifier, sources: Sequence[Source], journal: Journal
) -> Generator[int, None, None]:
    """Answer for sources in their order, a batch at a time; how many are done.

    Closed half-way, it waits only for the pictures that are being decoded just then.
    """

    def look(source: Source) -> Tensor | str:
        try:
            return classifier.prepare(source.read())
        except PictureRefused as error:
            return error.message
        except OSError as error:
            return f"The file cannot be opened ({error.strerror or error})."

    done = 0
    coming: deque[tuple[Source, Future[Tensor | str]]] = deque()
    rest = iter(sources)
    with ThreadPoolExecutor(DECODERS, "decode") as pool:
        try:
            while True:
                for source in rest:
                    coming.append((source, pool.submit(look, source)))
                    if len(coming) >= AHEAD:
                        break
                batch = [coming.popleft() for _ in range(min(BATCH, len(coming)))]
                if not batch:
                    return
                _write(classifier, [(source, found.result()) for source, found in batch], journal)
                done += len(batch)
                yield done
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _write(
    classifier: Classifier, batch: Sequence[tuple[Source, Tensor | str]], journal: Journal
) -> None:
    good = [found for _, found in batch if isinstance(found, Tensor)]
    rows = iter(classifier.classify(good).probabilities if good else ())
    for source, found in batch:
        if isinstance(found, str):
            journal.add(Line(source.name, None, found))
        else:
            journal.add(Line(source.name, tuple(round(share, 6) for share in next(rows))))
    journal.flush()


def _counts(classifier: Classifier, journal: Path) -> dict[str, object]:
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
    """Answers of another classifier, or for another folder, are not gone on with."""
    text = classifier.manifest.to_text() + str(folder.resolve())
    return hashlib.sha256(text.encode()).hexdigest()


def _progress(doing: str, done: int, total: int) -> Event:
    return Event("progress", {"doing": doing, "done": done, "total": total})
