"""Which language a short business message is in, from its script and its commonest words.

Statistical detectors were tried: the light ones need numpy, draw at random, or take hundreds of megabytes.
Form messages are one to ten lines in a handful of languages, and there function words decide.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import cache

from babel import Locale, UnknownLocaleError

_COMMON = {
    "en": """the and of to is are was have has had we you your our us it this that with for from can could would should
        what how when which who do does did please thanks thank hi hello there any about be been will i'm i'd we're
        we'd i my me on at not need want looking like would more some if pricing interested an get could let know an
        call them they their use using price team tell regarding best regards cost much many""",
    "de": """der die das und ist sind wir sie ihr ihre ihren ihnen ich nicht mit für von zu zum zur auf ein eine einen
        einem einer haben hat hätte hätten würden wie was welche wann können könnten bitte danke gerne hallo guten tag
        auch bei den dem des im am aus über möchten möchte mir uns unser unsere kostet preise es kann wird noch sehr
        brauchen suchen interesse grüße viel gibt wo wer ob oder preis preise preisliste angebot kosten termin vorab
        läuft geht euch ihr etwas mehr lg wäre kost monat jahr nutzer pro habt könnt seit nach einmal rückruf""",
    "fr": """le la les des du de et est sont nous vous votre vos notre nos je ne pas avec pour dans sur un une que qui
        quel quelle quels comment combien bonjour merci avez avons êtes serait souhaite souhaitons aimerais
        aimerions voudrions au aux ce cette il elle plus par tarif prix d'une l'équipe c'est j'aimerais coûte si""",
    "es": """el los las de y es son en con para por un una unos que qué cómo cuánto cuesta nosotros ustedes usted su sus
        nuestro nuestra hola gracias quisiera quisiéramos nos gustaría buenos días favor tenemos necesitamos más
        información del al lo como pero muy precio queremos está puede""",
    "it": """il lo gli di e è sono con per un una uno che cosa come quanto costa noi voi vostro vostra nostro nostra
        ciao buongiorno grazie vorrei vorremmo siamo abbiamo nel della del dei delle al alla più anche non ci prezzo
        si può possibile avere sapere informazioni""",
    "pt": """o os as de e é são com para por um uma que como quanto custa nós você vocês seu sua nosso nossa olá
        obrigado obrigada gostaria gostaríamos bom dia não mais informações do da dos das no na ao preço temos
        precisamos está pode em saber""",
    "nl": """de het een en is zijn wij we u uw jullie ons onze ik niet met voor van naar op te dat die wat hoe hoeveel
        kost kosten graag hallo goedemiddag bedankt kunnen kunt willen wil zou zouden heeft hebben bij er ook aan
        prijs meer weten over""",
    "pl": """i w z na do nie się jest są czy jak ile kosztuje proszę dziękuję dzień dobry witam nas nasz nasza państwo
        państwa chcemy chcielibyśmy chciałbym dla o od po za to że oraz cena cennik możemy""",
    "sv": """och är det att en ett vi ni er vår våra jag inte med för av till på som vad hur kostar hej tack skulle vill
        kan ha har om den mer information gärna""",
    "da": """og er det at en et vi i jer vores jeg ikke med for af til på som hvad hvordan koster hej tak kunne vil kan
        få har om den mere gerne""",
}  # fmt: skip
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af\u1100-\u11ff]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("uk", re.compile(r"[іїєґІЇЄҐ]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("fa", re.compile(r"[پچژگ]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
)
_HINTS = {"de": "ßäöü", "fr": "çèêœàù", "es": "ñ¿¡", "it": "ìò", "pt": "ãõ", "pl": "łżźćńśęą", "sv": "åäö", "da": "æøå"}
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_NOISE = re.compile(r"(?<!\S)(?=\S*(?:://|@|www\.))\S+")
_NON_LATIN = re.compile(r"[^\W\d_a-zA-Z\u00c0-\u024f\u1e00-\u1eff]")
_ENOUGH = 2
_SURE_IF_ALONE = {
    "en": frozenset({"what", "how", "please", "would", "could", "looking", "pricing", "your", "thanks", "need"}),
    "de": frozenset(
        {"bitte", "danke", "preis", "preise", "preisliste", "kosten", "kostet", "angebot", "ich", "rückruf", "wie"}
    ),
}


@cache
def name_of(code: str) -> str:
    """Like "German"; a code that nobody knows is its own name."""
    try:
        return Locale.parse(code).get_display_name("en") or code
    except (UnknownLocaleError, ValueError):
        return code


def language_of(text: str) -> str:
    """The ISO 639-1 code of a text's language, or "" when there is too little of it to tell."""
    plain = _NOISE.sub(" ", text)
    return _by_script(plain) or _by_words(plain)


def common_words() -> frozenset[str]:
    """The commonest words of all these languages, in lower case."""
    return frozenset(_codes())


@cache
def words_of(code: str) -> frozenset[str]:
    """The commonest words of one language; none of one that is not known here."""
    return frozenset(_COMMON.get(code, "").split())


def _by_script(text: str) -> str:
    letters = sum(map(str.isalpha, text))
    if not letters or 2 * len(_NON_LATIN.findall(text)) < letters:
        return ""
    return next((code for code, script in _SCRIPTS if script.search(text)), "")


def _by_words(text: str) -> str:
    lower = text.lower()
    tokens = _TOKEN.findall(lower.replace("’", "'"))
    scores = Counter(dict.fromkeys(_COMMON, 0))
    for token in tokens:
        scores.update(dict.fromkeys(_codes().get(token, ()), 2))
    for code, letters in _HINTS.items():
        scores[code] += sum(map(lower.count, letters))
    (best, most), (_, second) = scores.most_common(2)
    if most == second:
        return ""
    alone = not _SURE_IF_ALONE.get(best, frozenset()).isdisjoint(tokens)
    return best if most >= 2 * _ENOUGH or alone else ""


@cache
def _codes() -> dict[str, tuple[str, ...]]:
    """The languages that each common word may be of."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for code, text in _COMMON.items():
        for word in set(text.split()):
            found[word].append(code)
    return {word: tuple(codes) for word, codes in found.items()}
