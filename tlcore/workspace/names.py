"""Names that people give: what is allowed, and one form for each. A name is text, never a path."""

from __future__ import annotations

import unicodedata

from tlcore.errors import NameRefused

LONGEST = 80
# Control characters, halves of characters, line breaks: they break tables, files and the database.
REFUSED = {"Cc", "Cs", "Zl", "Zp"}
# Characters that turn the direction of the text around them: one name could pass for another.
TURNING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
UNSEEN = {"Cf", "Zs", "Cn", "Co", "Mn", "Me"}


def clean_name(name: str, what: str) -> str:
    """The name in one form (NFC, no spaces around it).

    Args:
        name: what a person typed, or the name of a folder.
        what: what is being named, for the error ("label", "project").

    Raises:
        NameRefused: empty, longer than 80 characters, or with characters that nobody can see.
    """
    clean = unicodedata.normalize("NFC", name).strip()
    if any(unicodedata.category(c) in REFUSED or c in TURNING for c in clean):
        raise NameRefused(
            f"The {what} name {clean!a} holds characters that cannot be shown.",
            "Type the name again with letters, digits and spaces.",
        )
    if all(unicodedata.category(c) in UNSEEN for c in clean):
        raise NameRefused(f"A {what} needs a name.", "Type at least one letter.")
    if len(clean) > LONGEST:
        raise NameRefused(
            f"The {what} name “{clean[:30]}…” is {len(clean)} characters long.",
            f"Use at most {LONGEST}.",
        )
    return clean


def free_name(name: str, names: set[str]) -> str:
    """`name` itself, or `name (2)`, `name (3)`… whichever is the first that is not taken."""
    number = 2
    free = name
    while free in names:
        suffix = f" ({number})"
        free = name[: LONGEST - len(suffix)].rstrip() + suffix
        number += 1
    return free


def joining_key(name: str) -> str:
    """What names have in common that differ only in case, in blanks or in Unicode form.

    Names of one letter keep their case: “a” and “A” are two things where letters are told apart.
    """
    plain = " ".join(unicodedata.normalize("NFKC", name).replace("_", " ").split())
    return plain if len(plain) == 1 else unicodedata.normalize("NFKC", plain.casefold())
