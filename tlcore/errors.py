"""Every error that a user can meet, in one file.

GraftError                what happened, and what to do now
├── NameRefused           a project or label name that cannot be used
├── NotFound              a project, label, example or run that is not (or no longer) there
├── WorkspaceError        the folder or database cannot be used
│   └── DatabaseDamaged   the database file is damaged; a backup may bring it back
├── PictureRefused        one file that is not an acceptable picture
├── ArchiveRefused        a zip that is refused whole
├── UnknownModel          a name that is no known backbone
├── WeightsUnavailable    a known backbone whose weights are not here
├── ProbeImpossible       too few labelled pictures to measure anything with
├── RecipeRefused         settings that cannot be trained
├── TrainingFailed        a training that cannot go on
├── ClassifierInvalid     a classifier folder that cannot be read
├── ExportRefused         a classifier that cannot be exported, or whose export does not agree
└── EngineError           a background process that cannot do its work
"""

from __future__ import annotations


class GraftError(Exception):
    """An error that a user can meet: `message` says what happened, `remedy` what to do now."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy


class NameRefused(GraftError):
    """A project or label name that cannot be used."""


class NotFound(GraftError):
    """A project, label, example or run that is not (or no longer) there."""


class WorkspaceError(GraftError):
    """The folder or the database cannot be used."""


class DatabaseDamaged(WorkspaceError):
    """The database file is damaged; a backup may bring it back."""


class PictureRefused(GraftError):
    """One file that is not an acceptable picture; `reason` is one word for reports."""

    def __init__(self, message: str, remedy: str, reason: str) -> None:
        super().__init__(message, remedy)
        self.reason = reason


class ArchiveRefused(GraftError):
    """A zip that is refused whole, before anything is written."""


class UnknownModel(GraftError):
    """A name that is no known backbone."""


class WeightsUnavailable(GraftError):
    """A known backbone whose weights are not on this computer and cannot be fetched now."""


class ProbeImpossible(GraftError):
    """Too few labelled pictures to measure anything with."""


class RecipeRefused(GraftError):
    """Settings that cannot be trained."""


class TrainingFailed(GraftError):
    """A training that cannot go on (for example: the loss is no longer a number)."""


class ClassifierInvalid(GraftError):
    """A classifier folder that cannot be read."""


class ExportRefused(GraftError):
    """A classifier that cannot be written in a format, or whose file does not answer as the app."""


class EngineError(GraftError):
    """A background process that cannot do its work."""
