"""Classes of letters by name, `\\p{Greek}`: Go knows the names of Unicode's categories and scripts however they are written,
and some that RE2 does not know.

Source: https://pkg.go.dev/unicode#CategoryAliases.
"""

from __future__ import annotations

from functools import cache

_ALIASES = """
C Other  Cc Control  Cc cntrl  Cf Format  Cn Unassigned  Co Private_Use  Cs Surrogate
L Letter  LC Cased_Letter  Ll Lowercase_Letter  Lm Modifier_Letter  Lo Other_Letter  Lt Titlecase_Letter  Lu Uppercase_Letter
M Mark  M Combining_Mark  Mc Spacing_Mark  Me Enclosing_Mark  Mn Nonspacing_Mark
N Number  Nd Decimal_Number  Nd digit  Nl Letter_Number  No Other_Number
P Punctuation  P punct  Pc Connector_Punctuation  Pd Dash_Punctuation  Pe Close_Punctuation  Pf Final_Punctuation
Pi Initial_Punctuation  Po Other_Punctuation  Ps Open_Punctuation
S Symbol  Sc Currency_Symbol  Sk Modifier_Symbol  Sm Math_Symbol  So Other_Symbol
Z Separator  Zl Line_Separator  Zp Paragraph_Separator  Zs Space_Separator
"""

# Scripts of more than one word; the others are what their canonical name is.
_SCRIPTS = """
Anatolian_Hieroglyphs Bassa_Vah Canadian_Aboriginal Caucasian_Albanian Cypro_Minoan Dives_Akuru Egyptian_Hieroglyphs
Gunjala_Gondi Gurung_Khema Hanifi_Rohingya Imperial_Aramaic Inscriptional_Pahlavi Inscriptional_Parthian Kayah_Li
Khitan_Small_Script Kirat_Rai Linear_A Linear_B Masaram_Gondi Meetei_Mayek Mende_Kikakui Meroitic_Cursive
Meroitic_Hieroglyphs Nag_Mundari New_Tai_Lue Nyiakeng_Puachue_Hmong Ol_Chiki Ol_Onal Old_Hungarian Old_Italic
Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Pau_Cin_Hau Phags_Pa
Psalter_Pahlavi SignWriting Sora_Sompeng Syloti_Nagri Tai_Le Tai_Tham Tai_Viet Tulu_Tigalari Warang_Citi Zanabazar_Square
"""

_ASSIGNED = r"\p{L}\p{M}\p{N}\p{P}\p{S}\p{Z}"
# The members of classes that RE2 has not, or has smaller: those of the class, and all others, without `_unassigned`.
_OWN: dict[str, tuple[str, str]] = {
    "Ascii": (r"\x00-\x7F", r"\x{80}-\x{10FFFF}"),
    "LC": (r"\p{Lu}\p{Ll}\p{Lt}", r"\p{Lm}\p{Lo}\p{M}\p{N}\p{P}\p{S}\p{Z}\p{C}"),
    "Cn": ("", _ASSIGNED + r"\p{C}"),
    "C": (r"\p{C}", _ASSIGNED),
}


def _canonical(name: str) -> str:
    return "".join(sign for sign in name if sign not in "_- ").capitalize()


@cache
def _names() -> dict[str, str]:
    """By canonical name: what RE2 calls it."""
    words = _ALIASES.split()
    known = {_canonical(alias): short for short, alias in zip(words[::2], words[1::2], strict=True)}
    known |= {_canonical(script): script for script in _SCRIPTS.split()}
    return known | {short.capitalize(): short for short in words[::2]}


def in_words_of_re2(name: str, *, negated: bool, in_class: bool) -> str | None:
    """What to write for `\\p{name}` (`\\P{name}` if negated): "" where RE2 takes it as it is, None if Go knows no such class."""
    if name.startswith("^"):
        name, negated = name[1:], not negated
    canonical = _canonical(name) if name.isascii() else ""
    if canonical == "Assigned":
        canonical, negated = "Cn", not negated
    known = _names().get(canonical, canonical)
    members = _OWN.get(known)
    if members is not None:
        written = members[negated]
        if (known, negated) in (("C", False), ("Cn", False), ("LC", True)):
            written += _unassigned()
        return written if in_class else f"[{written}]"
    if not _is_known(known):
        return None
    return "" if known == name else rf"\{'P' if negated else 'p'}{{{known}}}"


@cache
def _is_known(name: str) -> bool:
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(rf"\p{{{name}}}", options)
    except re2.error:
        return False
    return True


@cache
def _unassigned() -> str:
    """Ranges of all code points that stand for nothing."""
    from sys import maxunicode
    from unicodedata import category

    ranges: list[str] = []
    start = -1
    for code in range(maxunicode + 2):
        free = code <= maxunicode and category(chr(code)) == "Cn"
        if free and start < 0:
            start = code
        elif not free and start >= 0:
            ranges.append(rf"\x{{{start:X}}}-\x{{{code - 1:X}}}")
            start = -1
    return "".join(ranges)
