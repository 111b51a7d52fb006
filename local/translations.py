"""The interface's texts, from the source into the catalogues, and whether the catalogues hold all of them."""

import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import PoFileError, read_po, write_po

from local.settings import ROOT
from local.trouble import LocalError

FOLDER = ROOT / "surveys" / "translations"
WHOLE = ("es",)  # patients and staff
PATIENT_ONLY = ("de", "ar")
PATIENT_SIDE = (
    *(
        "templates/base.html",
        "templates/error.html",
        "templates/unsaved.html",
        "templates/unsubscribe.html",
        "templates/patient/",
        "templates/public/",
    ),
    *("surveys/answering/", "surveys/errors.py", "surveys/forms.py", "surveys/safety.py", "surveys/outcomes/own_"),
    *("surveys/views/sitting/", "surveys/views/unsaved.py", "surveys/views/public.py", "surveys/views/claim_chart.py"),
)
METHODS = [
    ("surveys/**.py", "python"),
    ("tasks/**.py", "python"),
    ("templates/**.html", "jinja2"),
    ("scoring/claim_check/**.py", "python"),  # pure, so that it marks its sentences and pages translate them
]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "LazyText": None, "said": None}
LONG = 12  # characters: a word may be a doubled syllable, a sentence is not
SOURCES = ("surveys", "tasks", "templates", "scoring")
HEADER = """# Interface texts. Instruments have wording of their own, under surveys/wording.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""


def check_translations(folder: Path = FOLDER) -> None:
    """Refuse a text that is missing, doubtful or no longer in the source, and a placeholder lost in translation."""
    troubles = [trouble for language in (*WHOLE, *PATIENT_ONLY) for trouble in _troubles(folder, language)]
    if troubles:
        ways = "`make translations` brings the catalogues up to date; then fill in what is empty."
        raise LocalError("\n".join([*troubles, ways]))
    print(f"{len(WHOLE)} whole and {len(PATIENT_ONLY)} patients' translation catalogues hold every text.")


def gather_translations(folder: Path = FOLDER) -> None:
    """Write each catalogue anew: texts of the source in their order, translations kept where the text is the same."""
    folder.mkdir(exist_ok=True)
    for language in (*WHOLE, *PATIENT_ONLY):
        known = _read(folder, language)
        wanted = Catalog(locale=language)
        for identity, files in _wanted(language).items():
            message = known.get(_key(identity))
            string = message.string if message else _empty(identity, wanted.num_plurals)
            wanted.add(identity, string, locations=[(file, 0) for file in sorted(files)])
        _write(folder, language, wanted)


def _troubles(folder: Path, language: str) -> Iterator[str]:
    name = f"{language}.po"
    try:
        known = _read(folder, language)
    except (PoFileError, ValueError) as error:
        yield f"{name}: {error}"
        return
    wanted = _wanted(language)
    yield from (f"{name}: missing: {_key(each)!r}" for each in wanted if not _is_whole(known.get(_key(each))))
    spoken = {_key(each) for each in wanted}
    for message in known:
        if message.id and _is_said_twice(message):
            yield f"{name}: said twice: {_key(message.id)!r}"
        if message.id and _key(message.id) not in spoken:
            yield f"{name}: no longer in the source: {_key(message.id)!r}"
        if "%(" in _key(message.id):  # a lone per cent sign is no placeholder
            yield from (f"{name}: {_key(message.id)!r}: {error}" for error in message.check(known))


def _is_whole(message: Message | None) -> bool:
    if message is None or message.fuzzy:
        return False
    forms = message.string if isinstance(message.string, (list, tuple)) else [message.string]
    return all(forms)


def _is_said_twice(message: Message) -> bool:
    """Whether a sentence stands there two times on end, or in two versions, as a slip of an editor leaves it."""
    forms = message.string if isinstance(message.string, (list, tuple)) else [message.string or ""]
    sources = message.id if isinstance(message.id, (list, tuple)) else [message.id]
    most = max(source.count("%(") for source in sources)
    doubled = (len(form) > LONG and form[: len(form) // 2] == form[len(form) // 2 :] for form in forms)
    return any(doubled) or any(form.count("%(") > most for form in forms)


@cache
def _texts() -> dict[str | tuple[str, ...], set[str]]:
    """Every text of the source with the files it stands in."""
    found: dict[str | tuple[str, ...], set[str]] = {}
    for top in SOURCES:
        rules = [(pattern.removeprefix(f"{top}/"), how) for pattern, how in METHODS if pattern.startswith(top)]
        for file, _line, text, _notes, _context in extract_from_dir(ROOT / top, rules, keywords=KEYWORDS):
            found.setdefault(text, set()).add(f"{top}/{file}")
    return found


def _wanted(language: str) -> dict[str | tuple[str, ...], set[str]]:
    if language in WHOLE:
        return _texts()
    return {text: files for text, files in _texts().items() if any(f.startswith(PATIENT_SIDE) for f in files)}


def _key(identity: str | tuple[str, ...] | list[str]) -> str:
    return identity if isinstance(identity, str) else identity[0]


def _empty(identity: str | tuple[str, ...], plurals: int) -> str | tuple[str, ...]:
    return "" if isinstance(identity, str) else ("",) * plurals


def _read(folder: Path, language: str) -> Catalog:
    try:
        with (folder / f"{language}.po").open("rb") as file:
            return read_po(file, locale=language, abort_invalid=True)
    except FileNotFoundError:
        return Catalog(locale=language)


def _write(folder: Path, language: str, catalogue: Catalog) -> None:
    body = io.BytesIO()
    write_po(body, catalogue, width=120, omit_header=True, sort_by_file=True, include_lineno=False)
    header = HEADER.format(language=language, plurals=catalogue.plural_forms)
    (folder / f"{language}.po").write_text(header + body.getvalue().decode(), encoding="utf-8")
