"""COCO's JSON, as far as it says what is in a whole picture: images, categories, annotations.

Boxes and outlines are passed over. The format: https://cocodataset.org/#format-data
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from tlcore.errors import GraftError

COCO_COLUMNS = ("file_name", "category")


def read_coco(data: bytes) -> list[list[str]]:
    """A row of file name and category per image; several where its annotations disagree.

    Raises:
        GraftError: no JSON, or none of COCO's.
    """
    try:
        content = json.loads(data.decode("utf-8-sig"))
        named = content.get("categories", [])
        names = {category["id"]: str(category["name"]) for category in named}
        categories: dict[Any, dict[str, None]] = defaultdict(dict)
        for annotation in content.get("annotations", []):
            if annotation.get("category_id") in names:
                categories[annotation["image_id"]][names[annotation["category_id"]]] = None
        images = [(image["id"], str(image["file_name"])) for image in content["images"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise GraftError(
            "This JSON file is not in COCO's form: it needs “images”, “categories” and "
            "“annotations”.",
            "Export it as COCO once more, or use a CSV table with a column of file names.",
        ) from error
    return [
        [name, category] for key, name in images for category in categories.get(key, {"": None})
    ]


def write_coco(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """COCO's JSON for classification.

    Args:
        rows: `file`, `label` (None where there is none), `width` and `height` in pixels.
    """
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, int]] = []
    categories: dict[str, int] = {}
    for number, row in enumerate(rows, start=1):
        size = {"width": row["width"], "height": row["height"]}
        images.append({"id": number, "file_name": row["file"], **size})
        if row["label"] is not None:
            category = categories.setdefault(row["label"], len(categories) + 1)
            annotations.append(
                {"id": len(annotations) + 1, "image_id": number, "category_id": category}
            )
    named = [{"id": number, "name": name} for name, number in categories.items()]
    content = {"images": images, "categories": named, "annotations": annotations}
    return json.dumps(content, ensure_ascii=False, indent=1).encode("utf-8")
