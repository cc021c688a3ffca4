"""Take pictures into a project: each is accepted or refused by itself, and the report says which.

A few threads read and decode; what they hold at a time does not grow with the number of pictures.
It knows nothing of where pictures come from: see `sources` and `archive`.
"""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence, Sized
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from tlcore.errors import NameRefused, NotFound, PictureRefused
from tlcore.images.intake.incoming_labels import IncomingLabels
from tlcore.images.intake.report import IngestReport, Refusal
from tlcore.images.intake.sources import Source
from tlcore.images.reduction import working_copy
from tlcore.images.stored_splits import BRIDGES, plan_splits, plan_validation
from tlcore.workspace import Workspace
from tlcore.workspace.examples.changes import Answer, Change, Domain, Flag, Group, Move
from tlcore.workspace.examples.history import Entry
from tlcore.workspace.examples.twins import CONTRADICTION, IN_TWO_SPLITS
from tlcore.workspace.records import Label, NewExample, Split

THREADS = min(4, max(2, os.cpu_count() or 2))
BATCH = 200  # examples written to the database at a time
Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class _Stored:
    """A picture that is stored; width and height in pixels are those of the original."""

    picture: str
    width: int
    height: int
    perceptual_hash: str
    pages: int = 1


def ingest(
    workspace: Workspace,
    project_id: str,
    sources: Iterable[Source],
    *,
    question_id: int | None = None,
    on_progress: Progress | None = None,
    threads: int = THREADS,
) -> IngestReport:
    """Read, check and store pictures, then give them their splits.

    Labels that the project does not have yet are made. The same picture again under the same label
    is skipped; under another label or split it is kept, and the workspace flags both. One that is
    there without a label is given it.

    Args:
        on_progress: called with the number of files done and of all files (None if unknown).

    Raises:
        GraftError: the workspace cannot be written. What came in until then has its splits.
    """
    intake = _Intake(workspace, project_id, question_id)
    total = len(sources) if isinstance(sources, Sized) else None
    try:
        for done, (source, outcome) in enumerate(_read_all(sources, intake.take, threads), 1):
            intake.accept(source, outcome)
            if on_progress is not None:
                on_progress(done, total)
    finally:
        intake.finish()
    return intake.report


def _read_all(
    sources: Iterable[Source], take: Callable[[Source], _Stored | Refusal], threads: int
) -> Iterator[tuple[Source, _Stored | Refusal]]:
    """Each source with its outcome, in order, with no more than a few of them in memory."""
    waiting: deque[tuple[Source, Future[_Stored | Refusal]]] = deque()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="ingest")
    try:
        for source in sources:
            waiting.append((source, pool.submit(take, source)))
            if len(waiting) > 2 * threads:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
    finally:
        pool.shutdown(cancel_futures=True)


class _Intake:
    """One ingest under way: what is known of the project, and what is waiting to be written."""

    def __init__(self, workspace: Workspace, project_id: str, question_id: int | None) -> None:
        self.report = IngestReport()
        self._workspace = workspace
        self._project = project_id
        self._question = question_id or workspace.labels.question(project_id).id
        self._labels = IncomingLabels(workspace, self.report.notes)
        self._known: dict[str, _Stored] = {}
        self._places: dict[str, set[tuple[int | None, Split | None]]] = defaultdict(set)
        self._waiting: list[NewExample] = []
        self._to_split: list[int] = []
        self._given_train: list[int] = []
        self._bare: dict[str, int] = {}  # picture → its example that has no label yet
        self._named: list[tuple[int, NewExample]] = []  # such examples, and what came in of them
        for old in workspace.examples.list(project_id):
            self._places[old.picture].add((old.answers.get(self._question), old.split))
            if old.answers.get(self._question) is None:
                self._bare[old.picture] = old.id
            if old.perceptual_hash:
                self._known[old.picture] = _Stored(
                    old.picture, old.width, old.height, old.perceptual_hash
                )

    def take(self, source: Source) -> _Stored | Refusal:
        """Read, decode and store one picture. Runs in many threads at once."""
        name = as_text(source.name)
        try:
            data = source.read()
            picture = hashlib.sha256(data).hexdigest()
            known = self._known.get(picture)
            if known is not None and self._workspace.pictures.has(picture):
                return known
            copy = working_copy(data)
        except PictureRefused as refusal:
            return Refusal(name, refusal.message, refusal.remedy, refusal.reason)
        except OSError as error:
            why = f"The file cannot be read ({error.strerror or error})."
            return Refusal(name, why, "Check that you may open it.")
        self._workspace.pictures.put(data, copy.jpeg, copy.thumbnail)
        return _Stored(picture, copy.width, copy.height, copy.perceptual_hash, copy.pages)

    def accept(self, source: Source, outcome: _Stored | Refusal) -> None:
        """Put one outcome where it belongs in the report, and into the next batch."""
        if isinstance(outcome, Refusal):
            self.report.refused.append(outcome)
            return
        name, label = as_text(source.name), self._labels.find(self._question, source.label)
        if isinstance(label, NameRefused):
            refusal = Refusal(name, label.message, label.remedy, kind="label_name")
            self.report.refused.append(refusal)
            return
        self._keep(source, name, outcome, label)

    def finish(self) -> None:
        """Write what waits and give every new example its split."""
        self._write()
        entry = self._name() if self._named else None
        changes, summary = plan_splits(
            self._workspace, self._project, self._to_split, question_id=self._question
        )
        self._split(changes, entry)
        self.report.notes.extend(summary.notes)
        bridging = self._workspace.examples.get_many(summary.bridging)
        self.report.flagged.extend((example.source_name, BRIDGES) for example in bridging)
        if self._given_train:
            self._set_validation_aside(entry)

    def _set_validation_aside(self, entry: Entry | None) -> None:
        aside = plan_validation(
            self._workspace, self._project, self._given_train, question_id=self._question
        )
        self._split([aside], entry)
        if aside.ids:
            self.report.notes.append(
                f"There was no folder for validation, so {len(aside.ids)} of the training pictures "
                "are used to watch the training instead."
            )

    def _split(self, changes: Sequence[Move | Flag], entry: Entry | None) -> None:
        """Carry out splits: of pictures that got their label now as a part of that entry."""
        named = {example for example, _ in self._named}
        new = [replace(c, ids=[id for id in c.ids if id not in named]) for c in changes]
        old = [replace(c, ids=[id for id in c.ids if id in named]) for c in changes]
        self._workspace.history.write(self._project, new)
        self._workspace.history.add_to(entry, old)

    def _keep(self, source: Source, name: str, stored: _Stored, label: Label | None) -> None:
        answer = label.id if label else None
        split = source.split if label else None
        if not self._is_new(stored.picture, answer, split, name):
            return
        self._known.setdefault(stored.picture, stored)
        answers = {} if label is None else {self._question: label.id}
        answers |= self._further(source, name)
        new = NewExample(
            picture=stored.picture,
            source_name=name,
            split=split,
            group=source.group,
            domain=source.domain,
            answers=answers,
            perceptual_hash=stored.perceptual_hash,
            width=stored.width,
            height=stored.height,
        )
        bare = None if label is None else self._bare.pop(stored.picture, None)
        if bare is None:
            self._waiting.append(new)
        else:
            self._named.append((bare, new))
        self.report.count(label.name if label else None, stored.pages)
        if len(self._waiting) >= BATCH:
            self._write()

    def _further(self, source: Source, name: str) -> dict[int, int]:
        """The answers to further questions; one whose label cannot be is left out and noted."""
        answers = {}
        for question, word in source.answers:
            label = self._labels.find(question, word)
            if isinstance(label, Label):
                answers[question] = label.id
            elif label is not None:
                self.report.notes.append(f"{name}: {label.message}")
        return answers

    def _is_new(self, picture: str, answer: int | None, split: Split | None, name: str) -> bool:
        """False for the same picture under the same label; notes contradictions and leaks."""
        places = self._places[picture]
        same = [old for given, old in places if given == answer]
        if (same and split is None) or split in same or (answer is None and places):
            self.report.skipped.append(name)
            return False
        elsewhere = {given for given, _ in places} - {answer, None}
        if answer is not None and elsewhere:
            self.report.flagged.append((name, CONTRADICTION))
            self.report.other_labels[name] = self._names_of(elsewhere)
        others = {old for _, old in places} - {split, None, Split.UNLABELLED}
        if split is not None and others:
            self.report.flagged.append((name, IN_TWO_SPLITS))
        places.add((answer, split))
        return True

    def _names_of(self, labels: Collection[int | None]) -> list[str]:
        every = self._workspace.labels.list(self._question)
        return [label.name for label in every if label.id in labels]

    def _write(self) -> None:
        stored = self._workspace.examples.add(self._project, self._waiting)
        self.report.ids.extend(example.id for example in stored)
        for new, example in zip(self._waiting, stored, strict=True):
            self._note_split(example.id, new)
        self._waiting = []

    def _note_split(self, example: int, new: NewExample) -> None:
        if self._question not in new.answers:
            return
        if new.split is None:
            self._to_split.append(example)
        elif new.split is Split.TRAIN:
            self._given_train.append(example)

    def _name(self) -> Entry | None:
        """Give pictures that were there without a label what came in of them: it can be undone."""
        changes: list[Change] = []
        for example, new in self._named:
            self._note_split(example, new)
            changes += [
                Answer([example], question, label) for question, label in new.answers.items()
            ]
            changes += [Move([example], new.split)] if new.split else []
            changes += [Group([example], new.group)] if new.group else []
            changes += [Domain([example], new.domain)] if new.domain else []
        number = len(self._named)
        what = "1 picture has its" if number == 1 else f"{number} pictures have their"
        try:
            words = f"{what} label now, having come in once more."
            return self._workspace.history.apply(self._project, words, changes)
        except NotFound as gone:  # somebody has deleted the label since this intake began
            self.report.notes.append(f"{gone.message} {number} pictures stay without a label.")
            return None


def as_text(name: str) -> str:
    """A file's name as text that can be written anywhere (no halves of characters)."""
    return name.encode("utf-8", "replace").decode("utf-8")
