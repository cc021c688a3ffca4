"""Words for splits, as people call their folders and as tables say: train, dev, Testdaten, 訓練."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from tlcore.workspace.records import Split

# Stems of the words, so that endings and compounds are found too (Trainingsdaten, testing_set).
STEMS: dict[Split, tuple[str, ...]] = {
    Split.TRAIN: (
        "train", "lern", "learn", "entren", "entrain", "apprent", "addestr", "allena", "trein",
        "trening", "uczen", "oplaeri", "traning", "egitim", "обуч", "трен",
        "训练", "訓練", "学習", "훈련",
    ),
    Split.VALIDATION: (
        "val", "valid", "dev", "develop", "wali", "валид", "验证", "驗證", "検証", "검증",
    ),
    Split.TEST: (
        "test", "eval", "pruef", "prueba", "prova", "essai", "toets", "proev",
        "тест", "测试", "測試", "テスト", "评估", "시험",
    ),
}  # fmt: skip
# Words that begin like one of the stems and are none of them.
OTHERS = ("valley", "valve", "value", "valent", "testud", "devil", "device", "learner", "trainer")
HOLDOUTS = ("holdout", "heldout")  # also written in two words
# What may stand beside a split's word in a name without making another thing of it.
FILLERS = {
    "set", "sets", "data", "dataset", "datasets", "images", "image", "imgs", "img", "pictures",
    "photos", "seg", "final", "all", "new", "split", "daten", "satz", "bilder", "the", "of", "my",
    "full", "a", "b", "集",
}  # fmt: skip


def split_of(name: str) -> Split | None:
    """The split that a name stands for, whatever else may be its fellow; None for another word."""
    splits: set[Split] = set()
    tokens = _tokens(name)
    if "".join(tokens) in HOLDOUTS:
        return Split.TEST
    for token in tokens:
        split = _of_token(token)
        if split is not None:
            splits.add(split)
        elif token not in FILLERS and not token.isdigit():
            return None
    return splits.pop() if len(splits) == 1 else None


def splits_of(names: Collection[str]) -> dict[str, Split] | None:
    """The splits of folders side by side, where all are splits and not all the same; else None.

    Beside another split, "eval" and "dev" are told apart as they are used: see below.
    """
    splits = {name: split for name in names if (split := split_of(name)) is not None}
    if not splits or len(splits) < len(set(names)):
        return None
    if len(set(splits.values())) < min(2, len(splits)):
        return None
    return _eval_beside_a_test(splits)


def _eval_beside_a_test(splits: dict[str, Split]) -> dict[str, Split]:
    """Beside a test, what is called eval watches the training."""
    evals = {name for name in splits if any(t.startswith("eval") for t in _tokens(name))}
    tests = {name for name, split in splits.items() if split is Split.TEST} - evals
    validations = {name for name, split in splits.items() if split is Split.VALIDATION}
    if not tests or validations:
        return splits
    return {name: Split.VALIDATION if name in evals else split for name, split in splits.items()}


def _of_token(token: str) -> Split | None:
    if token.startswith(OTHERS):
        return None
    for split, stems in STEMS.items():
        # a short stem is a word of its own or the whole beginning of a known one
        if any(token == stem or ((len(stem) > 3 or not stem.isascii()) and token.startswith(stem))
               for stem in stems):  # fmt: skip
            return split
    return None


def _tokens(name: str) -> list[str]:
    """The words of a name, in lower case and without accents; digits are words of their own."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
    parted = parted.replace("ü", "ue").replace("ø", "oe").replace("æ", "ae")
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", parted) if not unicodedata.combining(c)
    )
    plain = unicodedata.normalize("NFKC", plain)
    return re.findall(r"\d+|[^\W\d_]+", plain)
