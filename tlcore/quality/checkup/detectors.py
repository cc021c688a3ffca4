"""Every kind of finding as one record: its words, its icon, its mends, and what detects it.

A new finding is one more record in `DETECTORS`; the check-up, the page and the command line take
it from there. What computes is imported when it is needed: pages read the words and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tlcore.jobs.stopping import Stop, never
from tlcore.quality.checkup.findings import Action, Finding, Kind

if TYPE_CHECKING:
    from tlcore.images.intake.report import Refusal
    from tlcore.quality.checkup.copies import CopyGroup
    from tlcore.quality.checkup.measures import Measures
    from tlcore.quality.linear import Features
    from tlcore.quality.pictures import ProjectPictures


@dataclass(frozen=True)
class Evidence:
    """What detectors look at.

    `measure` gives the measures of a picture by its hash; `copies` are groups of positions in
    `pictures.examples`; `features` (N, F) are those of a backbone at all N examples, None where
    they are not known (yet); `refusals` are files that did not come in.
    """

    pictures: ProjectPictures
    measure: Callable[[str], Measures]
    copies: Sequence[CopyGroup] = ()
    features: Features | None = None
    refusals: Sequence[Refusal] = ()
    stop: Stop = never


@dataclass(frozen=True)
class Detector:
    """One kind of finding.

    `topics` maps a reason to the line above its findings, for one of them and for many ({n}
    counts them); "" stands for every other reason. `icon` names a Material symbol. `mends` are the
    actions that its findings may propose, `mend_all` whether the first of each may be carried out
    for all at once. `features` says what features of a backbone do for it: "unused", "helpful"
    (it finds more with them, and is run again) or "needed".
    """

    kind: Kind
    icon: str
    topics: Mapping[str, tuple[str, str]]
    find: Callable[[Evidence], Iterable[Finding]]
    mends: tuple[Action, ...] = ()
    mend_all: bool = False
    features: Literal["unused", "helpful", "needed"] = "unused"

    def topic_reason(self, reason: str) -> str:
        """The key in `topics` under which findings with this reason are gathered."""
        return reason if reason in self.topics else ""

    def topic_words(self, reason: str, count: int) -> str:
        """The line above `count` findings that are gathered under this reason."""
        singular, plural = self.topics.get(reason) or next(iter(self.topics.values()))
        return singular if count == 1 else plural.format(n=count)


def detector_of(kind: Kind) -> Detector:
    """The record of a kind."""
    return _BY_KIND[kind]


def _refused(evidence: Evidence) -> Iterable[Finding]:
    for refusal in evidence.refusals:
        words = f"“{refusal.name}” did not come in. {refusal.reason}"
        remedy = refusal.remedy or "Leave it out."
        yield Finding(Kind.REFUSED, refusal.kind, (), (refusal.name,), 1.0, words, remedy)


def _copies(kind: Kind) -> Callable[[Evidence], Iterable[Finding]]:
    def find(evidence: Evidence) -> Iterable[Finding]:
        from tlcore.quality.checkup.duplicates import copy_findings

        return _of_kind(kind, copy_findings(evidence.pictures, evidence.copies))

    return find


def _technical(kind: Kind) -> Callable[[Evidence], Iterable[Finding]]:
    def find(evidence: Evidence) -> Iterable[Finding]:
        from tlcore.quality.checkup.technical import technical_findings

        # All of them are judged together: a picture has one finding, of the first kind that fits.
        return _of_kind(kind, technical_findings(evidence.pictures.examples, evidence.measure))

    return find


def _of_kind(kind: Kind, findings: Iterable[Finding]) -> Iterable[Finding]:
    return [finding for finding in findings if finding.kind is kind]


def _suspects(evidence: Evidence) -> Iterable[Finding]:
    from tlcore.quality.checkup.suspects import suspect_findings

    if evidence.features is None:
        return []
    members = [group.members for group in evidence.copies]
    return suspect_findings(evidence.pictures, evidence.features, members, evidence.stop)


def _shortcuts(evidence: Evidence) -> Iterable[Finding]:
    from tlcore.quality.checkup.shortcuts import shortcut_findings

    return shortcut_findings(evidence.pictures, evidence.measure)


def _imbalance(evidence: Evidence) -> Iterable[Finding]:
    from tlcore.quality.checkup.balance import balance_findings

    return balance_findings(evidence.pictures)


def _outliers(evidence: Evidence) -> Iterable[Finding]:
    from tlcore.quality.checkup.outliers import outlier_findings

    if evidence.features is None:
        return []
    return outlier_findings(evidence.pictures.examples, evidence.features)


# In the order of `Kind`: the most serious first.
DETECTORS: tuple[Detector, ...] = (
    Detector(
        Kind.REFUSED,
        "block",
        {"": ("One file did not come in.", "{n} files did not come in.")},
        _refused,
    ),
    Detector(
        Kind.CONTRADICTION,
        "call_split",
        {
            "": (
                "One picture stands under more than one label.",
                "{n} pictures stand under more than one label.",
            )
        },
        _copies(Kind.CONTRADICTION),
        mends=("relabel", "delete"),
        features="helpful",
    ),
    Detector(
        Kind.LEAK,
        "water_drop",
        {
            "": (
                "One picture is both learned from and scored.",
                "{n} pictures stand in more than one split: what is learned from is also scored.",
            )
        },
        _copies(Kind.LEAK),
        mends=("move_split", "delete"),
        mend_all=True,
        features="helpful",
    ),
    Detector(
        Kind.SUSPECT_LABEL,
        "label_off",
        {
            "": (
                "One picture may be under the wrong label.",
                "{n} pictures may be under the wrong label; the likeliest come first.",
            )
        },
        _suspects,
        mends=("relabel", "delete"),
        features="needed",
    ),
    Detector(
        Kind.SHORTCUT,
        "shortcut",
        {
            "": (
                "One label can be told without looking at what the pictures show.",
                "{n} ways to tell a label without looking at what the pictures show.",
            )
        },
        _shortcuts,
    ),
    Detector(
        Kind.DUPLICATE,
        "content_copy",
        {"": ("One picture is there twice.", "{n} pictures are there more than once.")},
        _copies(Kind.DUPLICATE),
        mends=("delete",),
        mend_all=True,
        features="helpful",
    ),
    Detector(
        Kind.NEAR_DUPLICATE,
        "filter_none",
        {"": ("One picture has a near copy.", "{n} groups of pictures are nearly the same.")},
        _copies(Kind.NEAR_DUPLICATE),
        mends=("set_group", "delete"),
        mend_all=True,
        features="helpful",
    ),
    Detector(
        Kind.IMBALANCE,
        "balance",
        {
            "few": ("One label has too few pictures.", "{n} labels have too few pictures."),
            "uneven": (
                "One label has far fewer pictures than the others.",
                "{n} labels have far fewer pictures than the others.",
            ),
        },
        _imbalance,
    ),
    Detector(
        Kind.OUTLIER,
        "scatter_plot",
        {"": ("One picture is unlike all others.", "{n} pictures are unlike all others.")},
        _outliers,
        mends=("delete",),
        features="needed",
    ),
    Detector(
        Kind.BLURRED,
        "blur_on",
        {
            "blur": ("One picture is blurred.", "{n} pictures are blurred."),
            "uniform": (
                "One picture shows next to nothing.",
                "{n} pictures show next to nothing.",
            ),
        },
        _technical(Kind.BLURRED),
        mends=("delete",),
        mend_all=True,
    ),
    Detector(
        Kind.DARK,
        "dark_mode",
        {"": ("One picture is very dark.", "{n} pictures are very dark.")},
        _technical(Kind.DARK),
        mends=("delete",),
        mend_all=True,
    ),
    Detector(
        Kind.SMALL,
        "photo_size_select_small",
        {
            "pixels": ("One picture is very small.", "{n} pictures are very small."),
            "aspect": (
                "One picture is very long and narrow.",
                "{n} pictures are very long and narrow.",
            ),
        },
        _technical(Kind.SMALL),
        mends=("delete",),
        mend_all=True,
    ),
)
_BY_KIND = {detector.kind: detector for detector in DETECTORS}
