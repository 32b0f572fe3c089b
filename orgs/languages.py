"""Languages that people are served in, and countries that they come from.

Languages are codes of BCP 47, each with its name in its own script and in English; countries codes of ISO 3166. How either
is called in the reader's language comes from the Unicode locale data (Babel).
"""

from functools import cache

from babel import Locale
from babel.core import UnknownLocaleError
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from orgs.folding import fold

LANGUAGES = {
    "af": ("Afrikaans", "Afrikaans"),
    "ak": ("Akan", "Akan"),
    "am": ("አማርኛ", "Amharic"),
    "ar": ("العربية", "Arabic"),
    "ary": ("الدارجة", "Moroccan Arabic"),
    "ay": ("Aymar aru", "Aymara"),
    "az": ("azərbaycan", "Azerbaijani"),
    "bg": ("български", "Bulgarian"),
    "bm": ("bamanankan", "Bambara"),
    "bn": ("বাংলা", "Bangla"),
    "bs": ("bosanski", "Bosnian"),
    "ca": ("català", "Catalan"),
    "ckb": ("کوردیی ناوەندی", "Central Kurdish"),
    "cs": ("čeština", "Czech"),
    "da": ("dansk", "Danish"),
    "de": ("Deutsch", "German"),
    "dyu": ("julakan", "Dyula"),
    "ee": ("eʋegbe", "Ewe"),
    "el": ("Ελληνικά", "Greek"),
    "en": ("English", "English"),
    "es": ("español", "Spanish"),
    "et": ("eesti", "Estonian"),
    "eu": ("euskara", "Basque"),
    "fa": ("فارسی", "Persian"),
    "ff": ("Pulaar", "Fula"),
    "fi": ("suomi", "Finnish"),
    "fil": ("Filipino", "Filipino"),
    "fon": ("fɔ̀ngbè", "Fon"),
    "fr": ("français", "French"),
    "gl": ("galego", "Galician"),
    "gn": ("avañe’ẽ", "Guarani"),
    "gu": ("ગુજરાતી", "Gujarati"),
    "ha": ("Hausa", "Hausa"),
    "he": ("עברית", "Hebrew"),
    "hi": ("हिन्दी", "Hindi"),
    "hr": ("hrvatski", "Croatian"),
    "ht": ("kreyòl ayisyen", "Haitian Creole"),
    "hu": ("magyar", "Hungarian"),
    "hy": ("հայերեն", "Armenian"),
    "id": ("Indonesia", "Indonesian"),
    "ig": ("Igbo", "Igbo"),
    "it": ("italiano", "Italian"),
    "ja": ("日本語", "Japanese"),
    "ka": ("ქართული", "Georgian"),
    "kab": ("Taqbaylit", "Kabyle"),
    "kea": ("kabuverdianu", "Cape Verdean Creole"),
    "km": ("ខ្មែរ", "Khmer"),
    "ko": ("한국어", "Korean"),
    "kri": ("Krio", "Krio"),
    "ku": ("kurdî", "Kurdish"),
    "lg": ("Luganda", "Ganda"),
    "ln": ("lingála", "Lingala"),
    "lt": ("lietuvių", "Lithuanian"),
    "lv": ("latviešu", "Latvian"),
    "mk": ("македонски", "Macedonian"),
    "ml": ("മലയാളം", "Malayalam"),
    "mn": ("монгол", "Mongolian"),
    "mnk": ("mandinka", "Mandinka"),
    "mos": ("mooré", "Mossi"),
    "my": ("မြန်မာ", "Burmese"),
    "ne": ("नेपाली", "Nepali"),
    "nl": ("Nederlands", "Dutch"),
    "no": ("norsk", "Norwegian"),
    "oc": ("occitan", "Occitan"),
    "om": ("Oromoo", "Oromo"),
    "pa": ("ਪੰਜਾਬੀ", "Punjabi"),
    "pl": ("polski", "Polish"),
    "prs": ("دری", "Dari"),
    "ps": ("پښتو", "Pashto"),
    "pt": ("português", "Portuguese"),
    "qu": ("Runasimi", "Quechua"),
    "rif": ("Tarifit", "Riffian"),
    "rn": ("Ikirundi", "Rundi"),
    "ro": ("română", "Romanian"),
    "rom": ("romani čhib", "Romany"),
    "ru": ("русский", "Russian"),
    "rw": ("Ikinyarwanda", "Kinyarwanda"),
    "sd": ("سنڌي", "Sindhi"),
    "shi": ("ⵜⴰⵛⵍⵃⵉⵜ", "Tachelhit"),
    "si": ("සිංහල", "Sinhala"),
    "sk": ("slovenčina", "Slovak"),
    "snk": ("sooninkanxanne", "Soninke"),
    "so": ("Soomaali", "Somali"),
    "sq": ("shqip", "Albanian"),
    "sr": ("српски", "Serbian"),
    "sv": ("svenska", "Swedish"),
    "sw": ("Kiswahili", "Swahili"),
    "ta": ("தமிழ்", "Tamil"),
    "te": ("తెలుగు", "Telugu"),
    "tg": ("тоҷикӣ", "Tajik"),
    "th": ("ไทย", "Thai"),
    "ti": ("ትግርኛ", "Tigrinya"),
    "tr": ("Türkçe", "Turkish"),
    "tw": ("Twi", "Twi"),
    "ug": ("ئۇيغۇرچە", "Uyghur"),
    "uk": ("українська", "Ukrainian"),
    "ur": ("اردو", "Urdu"),
    "uz": ("o‘zbek", "Uzbek"),
    "vi": ("Tiếng Việt", "Vietnamese"),
    "wo": ("Wolof", "Wolof"),
    "yo": ("Èdè Yorùbá", "Yoruba"),
    "yue": ("粵語", "Cantonese"),
    "zgh": ("ⵜⴰⵎⴰⵣⵉⵖⵜ", "Tamazight"),
    "zh": ("中文", "Chinese"),
}

# In some languages of the portal.
UNKNOWN_TO_BABEL = {
    "ary": _("Moroccan Arabic"),
    "kri": _("Krio"),
    "mnk": _("Mandinka"),
    "prs": _("Dari"),
    "rif": _("Riffian"),
}

# Offered at once, before anybody types.
USUAL = ["ar", "ca", "en", "es", "fr", "pt", "ro", "ru", "uk", "ur", "wo", "zh"]

NOT_COUNTRIES = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}
COUNTRIES = {
    code: name
    for code, name in Locale("en").territories.items()
    if len(code) == 2 and code.isalpha() and code not in NOT_COUNTRIES
}


def own_name(code: str) -> str:
    """In its own script; an unknown code stands for itself."""
    return LANGUAGES[code][0] if code in LANGUAGES else code


def name_for_reader(code: str) -> str:
    """In the language of the page, else in English."""
    known = readers_locale().languages.get(code)
    return known or str(UNKNOWN_TO_BABEL.get(code) or (LANGUAGES[code][1] if code in LANGUAGES else code))


def country_name(code: str) -> str:
    """In the language of the page."""
    return readers_locale().territories.get(code) or COUNTRIES.get(code, code)


def readers_locale() -> Locale:
    return _locale(get_language() or "en")


@cache
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def language_label(code: str) -> str:
    """Both: "العربية (Arabic)"; once where they are the same."""
    own, known = own_name(code), name_for_reader(code)
    return own if own.casefold() == known.casefold() else f"{own} ({known})"


def language_choices() -> list[tuple[str, str]]:
    return sorted(
        ((code, language_label(code)) for code in LANGUAGES), key=lambda choice: fold(name_for_reader(choice[0]))
    )


def language_choices_or_none() -> list[tuple[str, str]]:
    return [("", gettext("Not stated")), *language_choices()]
