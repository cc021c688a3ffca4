"""Which examples are learned from, watched, and kept for the score. It knows no pictures.

Examples that belong together (one burst, one patient, copies of one picture) form a unit, and a
unit is never divided. What has a split keeps it. A new unit that touches one split joins it; a new
unit that touches two is neither learned from nor scored. Every other unit goes where its labels
lack most.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tlcore.images.near_duplicates import join
from tlcore.workspace.records import Split

SCORED = (Split.TRAIN, Split.VALIDATION, Split.TEST)
SHARES = (0.70, 0.15, 0.15)
LEAST_FOR_TEST = 10  # units in a label; with fewer, one or two pictures would be the whole score

Counts = dict[Hashable, Counter[Split]]


@dataclass(frozen=True)
class SplitItem:
    """One example to split: `split` is None while it has none.

    `group` and `near_group` bind it to others with the same one. `draw` is what its luck is drawn
    from (the picture's hash), so that the same pictures are split alike in every project.
    """

    key: Hashable
    label: Hashable | None
    group: Hashable | None = None
    near_group: Hashable | None = None
    split: Split | None = None
    draw: str = ""


@dataclass(frozen=True)
class SplitOutcome:
    """Where each item belongs, and what a person should know about it.

    `bridging` items touch two splits: they stand under train, but are to be left out of training
    and of every score. `without_test` and `without_validation` name labels that have none.
    """

    splits: Mapping[Hashable, Split]
    bridging: frozenset[Hashable] = frozenset()
    units: Mapping[Hashable, int] = field(default_factory=dict)
    without_test: tuple[Hashable, ...] = ()
    without_validation: tuple[Hashable, ...] = ()


@dataclass(frozen=True)
class _Unit:
    items: tuple[SplitItem, ...]
    luck: bytes

    @property
    def new(self) -> list[SplitItem]:
        return [item for item in self.items if item.split is None]

    @property
    def splits(self) -> set[Split]:
        return {item.split for item in self.items if item.split in SCORED}

    @property
    def labels(self) -> Counter[Hashable]:
        return Counter(item.label for item in self.items)


def assign_splits(
    items: Sequence[SplitItem],
    *,
    seed: int = 0,
    shares: tuple[float, float, float] = SHARES,
) -> SplitOutcome:
    """Give every item without a split one of train, validation and test.

    Items without a label become unlabelled and bind nobody. The outcome depends on the items, not
    on their order; items that have a split keep it.

    Args:
        items: all examples of one project, old and new, with unique keys.
        seed: another seed, another draw.
        shares: wanted shares of train, validation and test.
    """
    splits = {item.key: item.split or Split.UNLABELLED for item in items}
    labelled = sorted(
        (item for item in items if item.label is not None and item.split in (None, *SCORED)),
        key=lambda item: (_luck(item, seed), str(item.key)),  # their order must not matter
    )
    free, bridging = _join_split_units(_units(labelled, seed), splits)
    counted = _units([item for item in labelled if item.key not in bridging], seed)
    per_label = Counter(label for unit in counted for label in unit.labels)
    _fill(free, splits, _count(labelled, splits, bridging), per_label, shares)
    have = _count(labelled, splits, bridging)
    labels = [x for x in dict.fromkeys(item.label for item in items) if per_label.get(x)]
    return SplitOutcome(
        splits=splits,
        bridging=frozenset(bridging),
        units=per_label,
        without_test=tuple(x for x in labels if not have[x][Split.TEST]),
        without_validation=tuple(x for x in labels if not have[x][Split.VALIDATION]),
    )


def _join_split_units(
    units: Sequence[_Unit], splits: dict[Hashable, Split]
) -> tuple[list[_Unit], set[Hashable]]:
    """Give the new items of a unit that has a split that one; `splits` is kept up.

    Returns the units without a split, and the keys of new items that touch two splits.
    """
    free: list[_Unit] = []
    bridging: set[Hashable] = set()
    for unit in units:
        known = unit.splits
        if not known:
            free.append(unit)
            continue
        for item in unit.new:
            splits[item.key] = next(iter(known)) if len(known) == 1 else Split.TRAIN
            if len(known) > 1:
                bridging.add(item.key)
    return free, bridging


def _luck(item: SplitItem, seed: int) -> bytes:
    drawn = f"{seed}\n{item.draw or item.key}".encode()
    return hashlib.blake2b(drawn, digest_size=8).digest()


def _units(items: Sequence[SplitItem], seed: int) -> list[_Unit]:
    """What is bound together, larger units first and then by luck."""
    first: dict[tuple[str, Hashable], int] = {}
    pairs: list[tuple[int, int]] = []
    for position, item in enumerate(items):
        for kind, name in (("group", item.group), ("near", item.near_group)):
            if name is not None:
                pairs.append((first.setdefault((kind, name), position), position))
    units = []
    for members in join(len(items), pairs):
        bound = tuple(items[member] for member in members)
        luck = min(_luck(item, seed) for item in bound)
        units.append(_Unit(bound, luck))
    return sorted(units, key=lambda unit: (-len(unit.items), unit.luck))


def _count(
    items: Iterable[SplitItem], splits: Mapping[Hashable, Split], left_out: set[Hashable]
) -> Counts:
    counts: Counts = defaultdict(Counter)
    for item in items:
        if item.key not in left_out:
            counts[item.label][splits[item.key]] += 1
    return counts


def _fill(
    free: Sequence[_Unit],
    splits: dict[Hashable, Split],
    have: Counts,
    per_label: Mapping[Hashable, int],
    shares: tuple[float, float, float],
) -> None:
    """Place free units one by one; `have` (label → split → examples) and `splits` are kept up."""
    wanted = {
        label: dict(zip(SCORED, _wanted(shares, per_label[label]), strict=True)) for label in have
    }
    waiting = Counter(label for unit in free for label in unit.labels)
    for unit in free:
        chosen = _needed(unit, have, per_label, waiting) or _lacking_most(unit, have, wanted)
        waiting.subtract(unit.labels.keys())
        for item in unit.items:
            have[item.label][splits[item.key]] -= 1
            have[item.label][chosen] += 1
            splits[item.key] = chosen


def _wanted(shares: tuple[float, float, float], units: int) -> tuple[float, float, float]:
    """The shares for a label with this many units: no test split under ten."""
    train, validation, test = shares
    if units >= LEAST_FOR_TEST:
        return shares
    rest = (train + validation) or 1.0
    return (train / rest, validation / rest, 0.0 * test)


def _needed(
    unit: _Unit, have: Counts, per_label: Mapping[Hashable, int], waiting: Counter[Hashable]
) -> Split | None:
    """Something to learn from first; then, with the label's last unit, something to watch."""
    for label in unit.labels:
        if not have[label][Split.TRAIN]:
            return Split.TRAIN
        last = waiting[label] == 1
        if last and per_label[label] > 1 and not have[label][Split.VALIDATION]:
            return Split.VALIDATION
    return None


def _lacking_most(
    unit: _Unit, have: Counts, wanted: Mapping[Hashable, Mapping[Split, float]]
) -> Split:
    """The split whose share is furthest from reached, weighed over the unit's labels."""

    def lack(split: Split) -> float:
        total = 0.0
        for label, size in unit.labels.items():
            all_of_label = sum(have[label].values())
            total += size * (wanted[label][split] - have[label][split] / all_of_label)
        return total

    allowed = [split for split in SCORED if all(wanted[label][split] > 0 for label in unit.labels)]
    return max(allowed or SCORED[:1], key=lack)
