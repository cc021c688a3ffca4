"""The recipe: every setting of one training, frozen and serialisable. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from tlcore.errors import RecipeRefused

Preset = Literal["quick", "balanced", "thorough", "custom"]
LEARNING_WORDS = ("head", "all", "last", "upper")

_Strength = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
_Alpha = Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)]
_Rate = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]


class Recipe(BaseModel):
    """Every setting of one training. Same recipe, same pictures, same seed: same curves.

    What learns: `learning` names the stages that learn in the end: "head" (none), "last", "upper"
    (a third of the stages: two of four or five), "all", "from:STAGE" (a stage's name or its number
    from 1), or one truth value per backbone stage from the input up. The new head always learns.
    `epochs` counts all of them; the first `head_epochs` train the head alone; then the stages join
    at once, or one at a time from the top down (`unfreezing`).

    Rates: `backbone_rate` is that of the topmost stage; each stage below has `layer_decay` times
    the rate of the one above. `moving_statistics` lets the BatchNorm statistics of learning stages
    move; None decides by batch size and backbone (`tlcore.training.recipe.batchnorm_mode`).

    The head: `hidden` layers (none, one or two widths) under a "linear" or "cosine" last one.

    Augmentation: `flips` (left–right), `flips_vertical`, `turn` (at most, in degrees either way),
    `crops`, `brightness`, `contrast`, `colour` (0–1), `erasing` (share of pictures), `views` of
    each picture; `mixup` (Zhang et al. 2018) and `cutmix` (Yun et al. 2019) mix two pictures: alpha
    of a Beta distribution, 0 = off.

    What is kept: the best epoch on validation pictures, or with `average` the mean of the weights
    from there on (`tlcore.training.fit.weights.averaging`). `patience` is the number of epochs
    without a better one after which a phase ends; 0: it never does.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    backbone: Annotated[str, Field(min_length=1, max_length=200)]
    preset: Preset = "custom"
    learning: str | tuple[bool, ...] = "head"
    unfreezing: Literal["at_once", "gradual"] = "at_once"
    epochs: Annotated[int, Field(ge=1, le=1000)] = 30
    head_epochs: Annotated[int, Field(ge=0, le=1000)] = 0
    batch_size: Annotated[int, Field(ge=1, le=1024)] = 32
    head_rate: _Rate = 1e-3
    backbone_rate: _Rate = 1e-4
    layer_decay: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 1.0
    optimizer: Literal["adamw", "sgd"] = "adamw"
    schedule: Literal["cosine", "constant"] = "cosine"
    warm_up: Annotated[float, Field(ge=0, le=0.5, allow_inf_nan=False)] = 0.1
    weight_decay: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] = 0.01
    dropout: Annotated[float, Field(ge=0, le=0.95, allow_inf_nan=False)] = 0.0
    label_smoothing: Annotated[float, Field(ge=0, le=0.5, allow_inf_nan=False)] = 0.0
    hidden: Annotated[tuple[Annotated[int, Field(ge=1, le=8192)], ...], Field(max_length=2)] = ()
    head: Literal["linear", "cosine"] = "linear"
    label_weights: bool = True
    moving_statistics: bool | None = None
    flips: bool = False
    flips_vertical: bool = False
    turn: Annotated[float, Field(ge=0, le=180, allow_inf_nan=False)] = 0.0
    crops: bool = False
    brightness: _Strength = 0.0
    contrast: _Strength = 0.0
    colour: _Strength = 0.0
    erasing: _Strength = 0.0
    mixup: _Alpha = 0.0
    cutmix: _Alpha = 0.0
    views: Annotated[int, Field(ge=1, le=64)] = 1
    patience: Annotated[int, Field(ge=0, le=1000)] = 0
    average: bool = True
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    pretrained: bool = True

    @field_validator("learning")
    @classmethod
    def _learning_is_known(cls, value: str | tuple[bool, ...]) -> str | tuple[bool, ...]:
        if isinstance(value, str):
            if value not in LEARNING_WORDS and not value.removeprefix("from:").strip():
                raise ValueError("name the stage after 'from:'")
            if value not in LEARNING_WORDS and not value.startswith("from:"):
                raise ValueError("use head, last, upper, all or from:STAGE")
        return value

    @field_validator("hidden", mode="before")
    @classmethod
    def _hidden_was_one_number(cls, value: object) -> object:
        """Recipes of earlier versions hold the width of the only hidden layer, 0 for none."""
        if isinstance(value, int) and not isinstance(value, bool):
            return (value,) if value else ()
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
        """Whether training sees changed views of the pictures: any change of pixels."""
        return (
            any((self.flips, self.flips_vertical, self.crops))
            or max(self.turn, self.brightness, self.contrast, self.colour, self.erasing) > 0
        )


def _refusal(refused: ValidationError) -> RecipeRefused:
    """The first complaint of pydantic in plain words."""
    first = refused.errors()[0]
    setting = str(first["loc"][0]).replace("_", " ") if first["loc"] else "recipe"
    reason = str(first["msg"]).removeprefix("Value error, ")
    value = first.get("input")
    shown = f" (it was {value!r:.60})" if isinstance(value, str | int | float) else ""
    return RecipeRefused(
        f"The setting “{setting}” cannot be used{shown}: {reason[:1].lower()}{reason[1:]}.",
        "Change that setting, or go back to a preset.",
    )
