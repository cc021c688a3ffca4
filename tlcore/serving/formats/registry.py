"""The formats in which a classifier leaves, in plain words. No torch here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Format:
    """One way out. `suffix` is that of the file; what ends in .zip can also be a folder."""

    key: str
    title: str
    words: str
    suffix: str
    icon: str


FORMATS = (
    Format(
        "web",
        "A web page",
        "Opens in any browser, also on a phone: camera, files, answers. It needs no internet and "
        "sends nothing anywhere. Put the folder on any web space.",
        ".zip",
        ":material/language:",
    ),
    Format(
        "python",
        "A Python folder",
        "The classifier itself, with a script that runs it on any computer with Python. Another "
        "Graft can read it too.",
        ".zip",
        ":material/terminal:",
    ),
    Format(
        "onnx",
        "ONNX",
        "One file for other programs and languages, run by onnxruntime. It takes the pixels of a "
        "picture and gives probabilities; scaling and cropping are inside.",
        ".onnx",
        ":material/deployed_code:",
    ),
    Format(
        "onnx-int8",
        "ONNX, small",
        "The same, rounded to 8 bits: about a quarter of the size. It may err a little more; how "
        "much is measured on your test pictures.",
        ".onnx",
        ":material/compress:",
    ),
    Format(
        "torch",
        "PyTorch",
        "For programmers: a torch.export file, and a plain script of under 40 lines that rebuilds "
        "the network with timm.",
        ".zip",
        ":material/code:",
    ),
)
BY_KEY = {one.key: one for one in FORMATS}
