"""An export format as one record: its words for people, how it is written, how it is compared.

No torch here, since the server and the command line read the words; `write` and `comparison` import
what they need when they are called.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tlcore.serving.formats.comparison import Comparison, PixelReader

if TYPE_CHECKING:
    from tlcore.classifier.classifier import Classifier

Calibration = Sequence[Path | bytes]  # working copies whose ranges a quantised network learns from


@dataclass(frozen=True)
class Format:
    """One way out of the app.

    Attributes:
        key: its name on the command line and in names of files.
        title, words, icon: what its card says; `usage` is Markdown on how to use the file.
        suffix: of the file. What ends in .zip can also be a folder; what does not is one file.
        files: names of files that every export of this format consists of or has in it.
        write: (classifier, its folder, an empty folder to write into, calibration). Raises
            ExportRefused where this network cannot be written so.
        comparison: (classifier, the folder written into) → what asks both for the same picture.
        reader: (the folder written into) → how it reads picture files, where it takes whole files
            and not pixels alone.
        rounded: the weights are rounded on purpose, so that the tolerance for that applies.
    """

    key: str
    title: str
    words: str
    usage: str
    icon: str
    suffix: str
    files: tuple[str, ...]
    write: Callable[[Classifier, Path, Path, Calibration], None]
    comparison: Callable[[Classifier, Path], Comparison]
    reader: Callable[[Path], PixelReader] | None = None
    rounded: bool = False

    @property
    def file_name(self) -> str:
        """The name of an exported file where there is one of each format."""
        return f"{self.key}{self.suffix}"
