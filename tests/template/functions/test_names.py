"""Our table of functions has exactly helm's names."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from steersman.template import functions
from steersman.template.builtins import BUILTINS
from steersman.template.functions.registry import FUNCTIONS
from steersman.template.functions.themes import THEME_OF

from .oracle import helm_lint_errors, helm_renders

# Names that some version of Sprig or Helm, or another tool with Go templates, has or had, beyond those that helm has now.
_OTHERS = frozenset(
    """
    abs absf alder32sum cidrNetmask cryptoRandAlpha cryptoRandAlphaNum cryptoRandAscii cryptoRandNumeric decimal
    derivePublicKey env expandenv fpBase fpClean fpDir fpExt fpIsAbs getHostByAddr gt gte lte gunzip gzip hexdec
    hexenc indentnonempty loop lt md5sum mergeAppendSlice mustB32dec mustB64dec mustEnv mustFromYaml mustFromToml
    mustFromYamlArray mustFromJsonArray mustMergeAppendSlice mustRegexFindSubmatch nonNil pascalcase pathEscape
    pathUnescape pbkdf2hash pluckAll pluralize queryEscape queryUnescape randASCII randAlphaNumG randFromRegex
    randFromUrlRegex randSeededNumeric randomAlphaNum readDir readFile regexFindSubmatch safeCoalesce safeDefault
    sortNumeric splitToMap toBool toJSON toYAML ungzip urlDec urlEnc uuidv5 uuidv1 xml xmlenc toTomlPretty
    fromTomlArray toRawYaml mustToRawYaml mustToYamlPretty toYamlCompact toInt toFloat64 toDuration exec fileExists
    isFile isDir requiredEnv fetchSecretValue expandSecretRefs sha224sum sha384sum sha3 crc32 sha512 base64 quoteAll
    trimLeft trimRight trimSpace time date_format dateParse dateAdd timeZone duration_round durationTruncate
    durationYears durationMonths sort sortBy group sum avg pow sqrt log bitAnd bitOr bitXor semverParse
    genSelfSigned genCSR genKey x509 uuid ulid hasAny hasAll some every find filter where map reduce flatten zip
    difference intersect union isSet isNil isEmpty setPath getPath mapKeys mapValues toKebab toCamel toSnake
    lowerFirst upperFirst capitalize ellipsis slugify htmlEscape jsEscape urlEscape dump debug warn error tryFile in
    between clamp
    """.split()  # noqa: SIM905 - so many names read better without quotes
)


def _all_ours() -> set[str]:
    return {*FUNCTIONS, *BUILTINS}


@pytest.mark.oracle
def test_helm_has_all_that_we_have(helm: Path, tmp_path: Path) -> None:
    # a function that does not exist is found out when the template is parsed, even where it would not be called
    unused = "{{ if false }}" + "".join(f"{{{{ {name} }}}}" for name in sorted(_all_ours())) + "{{ end }}"
    assert helm_renders(helm, tmp_path, [unused]) == [""]


@pytest.mark.oracle
def test_we_have_all_that_helm_has(helm: Path, tmp_path: Path) -> None:
    ours = _all_ours()
    with_must = {f"must{name[0].upper()}{name[1:]}" for name in ours if not name.startswith("must")}
    without_must = {
        f"{name[4:5].lower()}{name[5:]}" for name in ours if name.startswith("must") and name[4:5].isupper()
    }
    candidates = sorted((_OTHERS | with_must | without_must) - ours)
    snippets = [f"{{{{ if false }}}}{{{{ {name} }}}}{{{{ end }}}}" for name in candidates]
    answers = zip(candidates, helm_lint_errors(helm, tmp_path, snippets), strict=True)
    assert [name for name, error in answers if f'function "{name}" not defined' not in error] == []


def test_environment_variables_are_out_of_reach() -> None:
    assert not {"env", "expandenv"} & set(FUNCTIONS)


def test_each_theme_registers_what_it_is_listed_for() -> None:
    for info in iter_modules(functions.__path__):
        import_module(f"{functions.__name__}.{info.name}")
    assert set(FUNCTIONS) == set(THEME_OF)
    for name in THEME_OF:
        assert FUNCTIONS[name].name == name


def test_knowing_the_names_imports_no_theme() -> None:
    heavy = {
        "cryptography",
        "bcrypt",
        "re2",
        "zoneinfo",
        "json",
        "yaml",
        "hashlib",
        "steersman.template.functions.strings",
    }
    probe = (
        "import sys; from steersman.template.functions.registry import FUNCTIONS;"
        f"assert 'genCA' in FUNCTIONS and len(FUNCTIONS) > 200; print(sorted({heavy!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
