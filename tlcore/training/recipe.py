"""The recipe: every setting of one training, frozen and serialisable. It knows nothing of torch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from tlcore.errors import RecipeRefused

Preset = Literal["quick", "balanced", "custom"]
PRESETS: dict[str, str] = {
    "quick": "Only the new head learns. Ready in seconds; right for most first tries.",
    "balanced": "The new head learns first, then the last stage of the backbone joins in gently.",
}
LEARNING_WORDS = ("head", "last", "all")


class Recipe(BaseModel):
    """Every setting of one training. Same recipe, same pictures, same seed: same curves.

    `learning` says what learns in the end: "head", "last", "all", "from:STAGE" (a stage's name or
    its number from 1) or one truth value per backbone stage from the input up, a middle one too.
    The new head always learns. `epochs` counts all passes; the first `head_epochs` of them train
    the head alone. `moving_statistics` lets the BatchNorm statistics of learning stages move; fixed
    ones stand small batches and weights with BatchNorm folded in.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    backbone: Annotated[str, Field(min_length=1, max_length=200)]
    preset: Preset = "custom"
    learning: str | tuple[bool, ...] = "head"
    epochs: Annotated[int, Field(ge=1, le=1000)] = 30
    head_epochs: Annotated[int, Field(ge=0, le=1000)] = 0
    batch_size: Annotated[int, Field(ge=1, le=1024)] = 32
    head_rate: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] = 1e-3
    backbone_rate: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] = 1e-4
    weight_decay: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] = 0.01
    dropout: Annotated[float, Field(ge=0, le=0.95, allow_inf_nan=False)] = 0.0
    hidden: Annotated[int, Field(ge=0, le=8192)] = 0
    label_weights: bool = True
    moving_statistics: bool = False
    flips: bool = False
    crops: bool = False
    views: Annotated[int, Field(ge=1, le=64)] = 1
    patience: Annotated[int, Field(ge=0, le=1000)] = 0
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    pretrained: bool = True

    @field_validator("learning")
    @classmethod
    def _learning_is_known(cls, value: str | tuple[bool, ...]) -> str | tuple[bool, ...]:
        if isinstance(value, str):
            if value not in LEARNING_WORDS and not value.removeprefix("from:").strip():
                raise ValueError("name the stage after 'from:'")
            if value not in LEARNING_WORDS and not value.startswith("from:"):
                raise ValueError("use head, last, all or from:STAGE")
        return value

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Recipe:
        """A recipe from plain data (JSON, a page's choices). Raises RecipeRefused."""
        try:
            return cls.model_validate(dict(data))
        except ValidationError as refused:
            raise _refusal(refused) from refused

    def with_changes(self, **changes: Any) -> Recipe:
        """The same recipe with some settings changed, checked again. Raises RecipeRefused."""
        return Recipe.read({**self.to_json(), **changes})

    def to_json(self) -> dict[str, Any]:
        """Plain data that `read` turns into an equal recipe."""
        return self.model_dump(mode="json")

    @property
    def augmented(self) -> bool:
        """Whether training sees changed views of the pictures."""
        return self.flips or self.crops

    def phases(self, stages: Sequence[str]) -> tuple[Phase, ...]:
        """What learns when, for a backbone whose stages have these names, from the input up."""
        learning = resolve_learning(self.learning, stages)
        if not any(learning):
            return (self._phase("head", HEAD_WORDS, learning, self.epochs),)
        head_epochs = min(self.head_epochs, self.epochs - 1)
        words = _learning_words(learning)
        last = self._phase("stages", words, learning, self.epochs - head_epochs)
        if head_epochs == 0:
            return (last,)
        nothing = (False,) * len(stages)
        return (self._phase("head", HEAD_WORDS, nothing, head_epochs, warming=True), last)

    def _phase(
        self, name: str, words: str, learning: tuple[bool, ...], epochs: int, warming: bool = False
    ) -> Phase:
        """A phase; a head that was warmed up goes on more gently, and warms up on plain views."""
        warmed = name != "head" and self.head_epochs > 0
        head_rate = self.head_rate / 2 if warmed else self.head_rate
        views = self.views if self.augmented and not warming else 1
        return Phase(name, words, learning, epochs, head_rate, self.backbone_rate, views)


HEAD_WORDS = "Only the new head learns"


@dataclass(frozen=True)
class Phase:
    """A stretch of epochs in which the same stages learn at the same rates.

    `views` is how many changed views of a picture it may see; 1 means the plain picture only.
    """

    name: str
    words: str
    learning: tuple[bool, ...]
    epochs: int
    head_rate: float
    backbone_rate: float
    views: int

    @property
    def cut(self) -> int:
        """How many stages, from the input up, are frozen without a gap: all below is kept."""
        return self.learning.index(True) if any(self.learning) else len(self.learning)


def resolve_learning(learning: str | Sequence[bool], stages: Sequence[str]) -> tuple[bool, ...]:
    """One truth value per backbone stage. Raises RecipeRefused if the stages do not fit."""
    count = len(stages)
    if not isinstance(learning, str):
        if len(learning) != count:
            raise RecipeRefused(
                f"The recipe speaks of {len(learning)} stages, but this backbone has {count}.",
                "Choose again which stages learn.",
            )
        return tuple(bool(value) for value in learning)
    if learning == "head":
        return (False,) * count
    first = {"all": 0, "last": count - 1}.get(learning)
    if first is None:
        first = _stage_index(learning.removeprefix("from:").strip(), stages)
    return tuple(index >= first for index in range(count))


def _stage_index(wanted: str, stages: Sequence[str]) -> int:
    folded = [name.casefold() for name in stages]
    if wanted.casefold() in folded:
        return folded.index(wanted.casefold())
    if wanted.isdecimal() and 1 <= int(wanted) <= len(stages):
        return int(wanted) - 1
    names = ", ".join(f"{number} ({name})" for number, name in enumerate(stages, start=1))
    raise RecipeRefused(
        f"This backbone has no stage “{wanted}”.",
        f"Use head, last, all, or one of its stages: {names}.",
    )


def _learning_words(learning: Sequence[bool]) -> str:
    count = sum(learning)
    if count == len(learning):
        return "The whole network learns, gently"
    if count == 1 and learning[-1]:
        return "The last stage learns with the head, gently"
    return f"{count} of {len(learning)} stages learn with the head, gently"


def preset(name: str, backbone: str, pictures: int) -> Recipe:
    """The working defaults of a preset for so many training pictures. Raises RecipeRefused."""
    if name not in PRESETS:
        raise RecipeRefused(
            f"There is no preset “{name}”.", f"Choose one of: {', '.join(PRESETS)}."
        )
    batch_size = 2 ** min(6, max(3, round(math.log2(max(pictures, 1) / 12 + 1))))
    if name == "quick":
        return Recipe(
            backbone=backbone, preset="quick", learning="head", epochs=30, patience=8,
            batch_size=batch_size, head_rate=1e-3, weight_decay=0.1, dropout=0.2,
        )  # fmt: skip
    return Recipe(
        backbone=backbone, preset="balanced", learning="last", epochs=20, head_epochs=6,
        patience=6, batch_size=min(batch_size, 32), head_rate=1e-3, backbone_rate=1e-4,
        weight_decay=0.1, dropout=0.2, flips=True, crops=True, views=4,
    )  # fmt: skip


def _refusal(refused: ValidationError) -> RecipeRefused:
    first = refused.errors()[0]
    setting = str(first["loc"][0]).replace("_", " ") if first["loc"] else "recipe"
    said = str(first["msg"]).removeprefix("Value error, ")
    value = first.get("input")
    shown = f" (it was {value!r:.60})" if isinstance(value, str | int | float) else ""
    return RecipeRefused(
        f"The setting “{setting}” cannot be used{shown}: {said[:1].lower()}{said[1:]}.",
        "Change that setting, or go back to a preset.",
    )
