"""Which module of this package defines which functions, so that nothing is imported before a template asks for it.

A test compares this with what the modules register.
"""

from __future__ import annotations

_THEMES = {
    "cases": "camelcase initials kebabcase snakecase swapcase title untitle",
    "certificates": """
        buildCustomCert genCA genCAWithKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert
        genSignedCertWithKey
        """,
    "conversion": "atoi float64 int int64 toDecimal",
    "dates": """
        ago date dateInZone dateModify date_in_zone date_modify duration durationRound htmlDate htmlDateInZone
        mustDateModify mustToDate must_date_modify now toDate unixEpoch
        """,
    "defaults": "all any coalesce default empty ternary",
    "dicts": "deepCopy dict dig get hasKey keys mustDeepCopy omit pick pluck set unset values",
    "durations": """
        durationDays durationHours durationMicroseconds durationMilliseconds durationMinutes durationNanoseconds
        durationRoundTo durationSeconds durationTruncateTo durationWeeks mustToDuration
        """,
    "encoding": "b32dec b32enc b64dec b64enc",
    "equality": "deepEqual",
    "flow": "fail getHostByName lookup required",
    "hashes": "adler32sum sha1sum sha256sum sha512sum",
    "json": """
        fromJson fromJsonArray mustFromJson mustToJson mustToPrettyJson mustToRawJson toJson toPrettyJson toRawJson
        """,
    "lists": """
        append chunk compact concat first has initial last list mustAppend mustChunk mustCompact mustFirst mustHas
        mustInitial mustLast mustPrepend mustPush mustRest mustReverse mustSlice mustUniq mustWithout prepend push
        rest reverse seq slice tuple uniq until untilStep without
        """,
    "merge": "merge mergeOverwrite mustMerge mustMergeOverwrite",
    "numbers": "add add1 add1f addf biggest ceil div divf floor max maxf min minf mod mul mulf round sub subf",
    "passwords": "bcrypt decryptAES derivePassword encryptAES htpasswd",
    "paths": "base clean dir ext isAbs osBase osClean osDir osExt osIsAbs",
    "private_keys": "genPrivateKey",
    "random": "randAlpha randAlphaNum randAscii randBytes randInt randNumeric shuffle uuidv4",
    "reflection": "kindIs kindOf typeIs typeIsLike typeOf",
    "regex": """
        mustRegexFind mustRegexFindAll mustRegexMatch mustRegexReplaceAll mustRegexReplaceAllLiteral mustRegexSplit
        regexFind regexFindAll regexMatch regexQuoteMeta regexReplaceAll regexReplaceAllLiteral regexSplit
        """,
    "strings": """
        abbrev abbrevboth cat contains hasPrefix hasSuffix hello indent join lower nindent nospace plural quote
        repeat replace sortAlpha split splitList splitn squote substr toString toStrings trim trimAll trimPrefix
        trimSuffix trimall trunc upper wrap wrapWith
        """,
    "toml": "fromToml mustToToml toToml",
    "urls": "urlJoin urlParse",
    "versions": "semver semverCompare",
    "yaml": "fromYaml fromYamlArray mustToYaml toYaml toYamlPretty",
}

THEME_OF = {name: theme for theme, names in _THEMES.items() for name in names.split()}
