"""The grammar of the command line, and how its errors are shown."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from tlcore import __version__
from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.errors import GraftError

GOOD, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


def main(words: Sequence[str]) -> int:
    """Run one command and return its exit code: 0 good, 1 failed, 2 not understood.

    Errors are two sentences on standard error (what happened, what to do), never a traceback.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # Windows consoles may know no “→”
            stream.reconfigure(errors="replace")
    try:
        arguments = parser().parse_args(words)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else USAGE
    try:
        module = importlib.import_module(f"tlcore.commands.{arguments.command}")
        return int(module.run(arguments))
    except GraftError as error:
        print(f"{error.message}\n{error.remedy}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has gone
        return FAILED
    except Exception:  # noqa: BLE001 - the last door: the traceback goes to a file, not to a person
        return _unexpected()


def parser() -> argparse.ArgumentParser:
    """The whole grammar of the command line."""
    whole = argparse.ArgumentParser(
        prog="python -m tlcore",
        description="Teach a computer to tell your own pictures apart.",
    )
    whole.add_argument("--version", action="version", version=f"graft {__version__}")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _train(commands.add_parser("train", help="train a classifier on a folder of pictures"))
    _check(commands.add_parser("check", help="look for what is wrong with a folder of pictures"))
    _predict(commands.add_parser("predict", help="ask a classifier about pictures"))
    _export(commands.add_parser("export", help="write a classifier for use elsewhere, checked"))
    _evaluate(commands.add_parser("evaluate", help="score a classifier on labelled pictures"))
    models = commands.add_parser("models", help="list the models that can be built on")
    models.add_argument("--offline", action="store_true", help="only those ready without internet")
    _json(models)
    fetch = commands.add_parser("fetch", help="download models before they are needed")
    fetch.add_argument("names", nargs="+", metavar="NAME", help="a name that `models` lists")
    doctor = commands.add_parser("doctor", help="check that everything is in place")
    _json(doctor)
    return whole


def _train(train: argparse.ArgumentParser) -> None:
    from tlcore.commands.train import setting
    from tlcore.training.recipe.presets import PRESETS
    from tlcore.training.recipe.strategies import STRATEGIES

    train.add_argument(
        "folder", type=Path, metavar="FOLDER",
        help="a folder (or zip) with one subfolder per label, also inside train/, val/, test/, or "
             "a table (CSV, Excel) beside its pictures",
    )  # fmt: skip
    train.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="where the classifier goes"
    )
    train.add_argument("--backbone", default=DEFAULT_BACKBONE, metavar="NAME",
                       help=f"the model to build on (default: {DEFAULT_BACKBONE})")  # fmt: skip
    train.add_argument("--learn", metavar="head|last|upper|all|STAGE",
                       help="what learns: the new head, head and last stage, head and upper third "
                            "of the stages, everything, or everything from STAGE up (default: as "
                            "the preset says)")  # fmt: skip
    train.add_argument("--preset", choices=tuple(PRESETS), default="quick")
    train.add_argument("--strategy", choices=tuple(STRATEGIES),
                       help="what learns when: " + "; ".join(
                           f"{strategy.name}: {strategy.title.lower()}"
                           for strategy in STRATEGIES.values()
                       ))  # fmt: skip
    train.add_argument("--set", type=setting, action="append", metavar="NAME=VALUE",
                       help="any other setting of the recipe, for example --set turn=15 "
                            "--set hidden=64,32 --set optimizer=sgd; may be repeated")  # fmt: skip
    train.add_argument("--start", type=Path, metavar="CLASSIFIER",
                       help="go on from what this classifier has learned")  # fmt: skip
    train.add_argument("--epochs", type=int, metavar="N")
    train.add_argument("--seed", type=int, default=0, metavar="N")
    _label_level(train)
    _json(train)


def _check(check: argparse.ArgumentParser) -> None:
    check.add_argument(
        "folder", type=Path, metavar="FOLDER",
        help="a folder (or zip) with one subfolder per label, or a table (CSV, Excel) beside its "
             "pictures",
    )  # fmt: skip
    check.add_argument(
        "--backbone", default=DEFAULT_BACKBONE, metavar="NAME",
        help=f"the model that compares them (default: {DEFAULT_BACKBONE})",
    )  # fmt: skip
    _label_level(check)
    _json(check)


def _predict(predict: argparse.ArgumentParser) -> None:
    predict.add_argument("classifier", type=Path, metavar="DIR", help="what `train` wrote")
    predict.add_argument("files", nargs="+", type=Path, metavar="FILES",
                         help="pictures; with --out, one folder")  # fmt: skip
    predict.add_argument(
        "--out", type=Path, metavar="TABLE",
        help="a .csv or .parquet for a whole folder; started again, it goes on",
    )  # fmt: skip
    predict.add_argument(
        "--sort", type=Path, metavar="DIR",
        help="with --out: also copy each picture into a subfolder by its answer",
    )  # fmt: skip
    _json(predict)


def _export(export: argparse.ArgumentParser) -> None:
    from tlcore.serving.formats.registry import BY_KEY

    export.add_argument("classifier", type=Path, metavar="CLASSIFIER", help="what `train` wrote")
    export.add_argument("--format", choices=tuple(BY_KEY), required=True)
    export.add_argument("--out", type=Path, required=True, metavar="PATH",
                        help="the file; for torch, web and python a .zip or a folder")  # fmt: skip
    export.add_argument("--pictures", type=Path, metavar="FOLDER",
                        help="pictures of yours to check the file with (default: the test "
                             "pictures of its project, else drawn ones)")  # fmt: skip
    _json(export)


def _evaluate(evaluate: argparse.ArgumentParser) -> None:
    evaluate.add_argument("classifier", type=Path, metavar="CLASSIFIER", help="what `train` wrote")
    evaluate.add_argument(
        "folder", type=Path, metavar="FOLDER",
        help="a folder (or zip) with one subfolder per label, or a table beside its pictures; "
             "where it has test pictures, only those count",
    )  # fmt: skip
    evaluate.add_argument("--report", type=Path, metavar="FILE.html",
                          help="also write a page to print, and a .json beside it")  # fmt: skip
    _label_level(evaluate)
    _json(evaluate)


def _label_level(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--label-level", type=int, metavar="N",
        help="which level of folders is the label, 1 being the upper one below folders that hold "
             "everything (default: as the first line of output says)",
    )  # fmt: skip


def _json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="answer with one JSON object")


def _unexpected() -> int:
    from tlcore.workspace.paths import find_home

    log = find_home() / "logs" / "command-line.log"
    words = traceback.format_exc()
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')}\n{words}\n")
        where = f"Details are in {log}."
    except OSError:
        where = "Run `python -m tlcore doctor` to see whether everything is in place."
    print(f"Something went wrong: {words.strip().splitlines()[-1]}\n{where}", file=sys.stderr)
    return FAILED
