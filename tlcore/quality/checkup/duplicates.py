"""What copies mean: a contradiction, a leak, or a picture too many; and how each is mended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tlcore.images.stored_splits import BRIDGES
from tlcore.quality.checkup.copies import CopyGroup
from tlcore.quality.checkup.findings import Finding, Kind, Mend
from tlcore.quality.pictures import ProjectPictures, files_of
from tlcore.workspace.records import Example, Split

SURE = {"same": 1.0, "near": 0.9, "cropped": 0.8}
WORDS = {
    "same": "the same picture",
    "near": "nearly the same picture",
    "cropped": "the same picture with other borders",
}


def copy_findings(pictures: ProjectPictures, groups: Sequence[CopyGroup]) -> list[Finding]:
    """Findings for groups of positions in `pictures.examples`; one group may give two."""
    findings = []
    for group in groups:
        members = [pictures.examples[place] for place in group.members]
        labels = [pictures.label_of(example) for example in members]
        answers = Counter(label for label in labels if label is not None)
        splits = {example.split for example in members if _counts(example)}
        if len(answers) > 1:
            findings.append(_contradiction(pictures, members, answers, group.how))
        if len(splits) > 1:
            findings.append(_leak(pictures, members, splits, group.how))
        if len(answers) <= 1 and len(splits) <= 1 and not _settled(members, group.how):
            findings.append(_surplus(pictures, members, group.how))
    return findings


def _counts(example: Example) -> bool:
    """Whether it is learned from or scored at all."""
    return example.split is not Split.UNLABELLED and BRIDGES not in example.flags


def _settled(members: Sequence[Example], how: str) -> bool:
    """Near copies that a person has put into one group may stay: they cannot be torn apart."""
    groups = {example.group for example in members}
    return how != "same" and len(groups) == 1 and None not in groups


def _contradiction(
    pictures: ProjectPictures, members: Sequence[Example], answers: Counter[int], how: str
) -> Finding:
    ids, names = tuple(example.id for example in members), pictures.names
    listed = " and ".join(f"“{names[label]}”" for label, _ in answers.most_common())
    decide = _keep_one_under if how == "same" else _put_all_under
    mends = [decide(pictures, members, label) for label, _ in answers.most_common()]
    return Finding(
        kind=Kind.CONTRADICTION,
        reason=how,
        examples=ids,
        files=files_of(members),
        score=SURE[how],
        words=f"{WORDS[how].capitalize()} stands under {listed}.",
        remedy="Decide what it shows; if nobody can tell, delete all of them.",
        mends=(*mends, Mend("delete", ids, "Delete all of them")),
        labels=tuple(label for label, _ in answers.most_common()),
    )


def _keep_one_under(pictures: ProjectPictures, members: Sequence[Example], label: int) -> Mend:
    """A second copy under the right label would only be found again, as a copy."""
    there = [example for example in members if pictures.label_of(example) == label]
    kept, _ = _best(pictures, there)
    others = tuple(example.id for example in members if example.id != kept)
    return Mend("delete", others, f"Keep one, under “{pictures.names[label]}”")


def _put_all_under(pictures: ProjectPictures, members: Sequence[Example], label: int) -> Mend:
    """All of them may stay, being a little different, but only in one split."""
    ids = tuple(example.id for example in members)
    words = f"Put all under “{pictures.names[label]}”"
    group = None if _settled(members, "near") else _group_of(members)
    return Mend("relabel", ids, words, group=group, question=pictures.question, label=label)


def _leak(
    pictures: ProjectPictures, members: Sequence[Example], splits: set[Split], how: str
) -> Finding:
    counted = [example for example in members if _counts(example)]
    ids = tuple(example.id for example in counted)
    listed = " and ".join(split.value for split in Split if split in splits)
    kept, others = _best(pictures, counted)
    delete = Mend("delete", others, f"Keep one, delete {len(others)}")
    same = how == "same"  # in one split too, a second copy would be one too many
    return Finding(
        kind=Kind.LEAK,
        reason=how,
        examples=ids,
        files=files_of(counted),
        score=SURE[how],
        words=f"{WORDS[how].capitalize()} stands under {listed}.",
        remedy=(
            "A classifier that has seen it before knows the answer, so the score would flatter. "
            + ("Keep one." if same else "Keep all copies in one split.")
        ),
        mends=(delete,) if same else (_all_into_training(counted), delete),
        details={"splits": sorted(split.value for split in splits), "kept": kept},
    )


def _all_into_training(members: Sequence[Example]) -> Mend:
    """In a group besides, or they would be found again, as too many; groups that are told stay."""
    grouped = any(example.group is not None for example in members)
    return Mend(
        "move_split", tuple(example.id for example in members), "Put all into training",
        split=Split.TRAIN.value, group=None if grouped else _group_of(members),
    )  # fmt: skip


def _surplus(pictures: ProjectPictures, members: Sequence[Example], how: str) -> Finding:
    ids = tuple(example.id for example in members)
    kept, others = _best(pictures, members)
    delete = Mend("delete", others, f"Keep one, delete {len(others)}")
    words = f"{len(members)} times {WORDS[how]}."
    if how == "same":
        return Finding(
            Kind.DUPLICATE, how, ids, files_of(members), SURE[how], words,
            "A second copy teaches nothing new. Keep one.", (delete,), details={"kept": kept},
        )  # fmt: skip
    group = Mend("set_group", ids, "Keep them together", group=_group_of(members))
    return Finding(
        Kind.NEAR_DUPLICATE, how, ids, files_of(members), SURE[how], words,
        "They teach little more than one of them would. Keep them together, so that they never "
        "stand in two splits, or keep one.",
        (group, delete), details={"kept": kept},
    )  # fmt: skip


def _group_of(members: Sequence[Example]) -> str:
    return f"copies of {members[0].picture[:8]}"


def _best(pictures: ProjectPictures, members: Sequence[Example]) -> tuple[int, tuple[int, ...]]:
    """The id of the one to keep, and of all others: one with a label that is in use goes first.

    Of several the largest, and of those the oldest.
    """

    def worth(example: Example) -> tuple[bool, bool, int, int]:
        labelled = pictures.label_of(example) is not None
        return labelled, _counts(example), example.width * example.height, -example.id

    best = max(members, key=worth)
    return best.id, tuple(example.id for example in members if example.id != best.id)
