"""What the parser expected, in words, and hints for what people write in other languages."""

from __future__ import annotations

from collections.abc import Iterable

WORDS = {"NAME": "a name", "NUMBER": "a number", "DATE": "a date", "COMPARE": "a comparison",
         "LPAR": "'('", "RPAR": "')'", "LSQB": "'['", "RSQB": "']'", "COMMA": "','",
         "EQUAL": "'='", "PLUS": "'+'", "MINUS": "'-'", "TIMES": "'*'", "OVER": "'/'",
         "$END": "the end"}
TIMES = {"AT", "DURING", "FROM", "WITHIN"}
QUIET = {"PLUS", "MINUS", "TIMES", "OVER", "RELATIVE", "COMPARED", "UNDER", "AS", "EQUAL"}
HINTS = {"=": "Write == to compare; a single = only names an argument, such as above=0.01",
         "&": "Write: and", "|": "Write: or", "!": "Write not, or != to compare",
         "^": "There are no powers; multiply", "%": "Write a share as 20 % after a number",
         '"': "Write names without quotes", "'": "Write names without quotes",
         ".": "Write a number as 0.5, a name without a point",
         "{": "Write a list as [PRK, IRN]", "_": "A name begins with a letter, a number has no '_'",
         "$": "Write money as 300 USD_m or 0.3 USD_bn"}
SIGNS = {"≥": ">=", "≤": "<=", "≠": "!=", "×": "*", "÷": "/", "−": "-", "–": "-", "∧": "and",
         "∨": "or", "¬": "not", "∈": "in"}


def expected(kinds: Iterable[str]) -> str:
    """Kinds of tokens as words: "a name, a number or '('"; the rare ones are left out."""
    names = set(kinds)
    if {"AND", "OR"} <= names:
        said = ["a time (at, during, from, within)"] if names & TIMES else []
        said += ["a comparison"] if "COMPARE" in names else []
        said += ["and, or"]
        said += [WORDS[k] for k in ("COMMA", "RPAR", "RSQB", "$END") if k in names]
    else:
        kept = sorted(names - QUIET) or sorted(names)
        said = [WORDS.get(k, k.lower()) for k in kept if not k.startswith("__")]
    if not said:
        return ""
    return f"{', '.join(said[:-1])} or {said[-1]}" if len(said) > 1 else said[0]


def remedy(word: str, text: str, at: int, wanted: str) -> str:
    """What would be right: a hint for a known slip, else what was expected."""
    if word in SIGNS:
        return f"Write {SIGNS[word]}"
    if word == "=" and text[at + 1:at + 2] in ("<", ">"):
        return f"Write {text[at + 1]}="
    if word in ("<", ">", "==", "!=", "<=", ">="):
        return "One condition has one comparison; join two with and: x > 1 and x < 2"
    if word[:1] in HINTS:
        return HINTS[word[:1]]
    if word == "," and text[at - 1:at].isdigit() and text[at + 1:at + 2].isdigit():
        return "Write a number without thousands separators"
    return f"Here may stand {wanted}" if wanted else "See the page on the claim language"
