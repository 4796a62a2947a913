"""The language a text is written in, ISO 639-1: by its script, and within a script by its common words.

The words are the fifty or so that every text of a language uses, and letters that few languages have. It is meant for
"does the answer come in another language than usual", not for telling Danish from Norwegian in five words. A text
without letters, or without anything that tells, has no language; plain Latin letters without a known word count as
unknown.
"""

from __future__ import annotations

import numpy as np

from aiops.signals.content.language_kernel import (
    ARABIC,
    ARMENIAN,
    BENGALI,
    CYRILLIC,
    DEVANAGARI,
    GEORGIAN,
    GREEK,
    HAN,
    HANGUL,
    HEBREW,
    KANA,
    LATIN,
    SCRIPTS,
    TAMIL,
    THAI,
    tally,
)
from aiops.signals.content.lexicon import lexicon
from aiops.signals.content.text import Texts
from aiops.types import Floats

LIMIT = 1200
"""Bytes of a text that are looked at."""
WORDS = {
    "en": "the of and to in is that it was for on are with as be at this have from or by not but what all were when your can said "
    "there an which they you how their will other about many then them these so some her would make like him into has could my than "
    "been who its now did get hello thanks please yes i we she he his our here just also if any only does why where should because",
    "de": "der die das und ist nicht ein eine zu den von mit für auf sich dem des im es auch als an werden aus er hat dass sie nach wird bei "
    "einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man sein wurde kann wir ich ihr hallo danke "
    "bitte ja nein mein dein heute was wenn schon gehen diese dieser dieses ß ä ö ü",
    "fr": "le la les de des du et un une est dans que qui en pour pas sur plus par au avec ce il sont se ne vous je nous ou cette être son "
    "elle mais ont aux comme même fait bonjour merci oui non votre notre leur ses mes tout très bien où été sans peut faire ils elles ç œ è ê à",
    "es": "el la los las de que y en un una es por con para no se del al lo como más pero sus le ya o este sí porque esta entre cuando muy sin "
    "sobre también me hasta hay donde quien desde todo nos durante estados hola gracias usted yo hoy son fue ser está ñ ¿ ó í",
    "it": "il di che la e un una è per in non si le con del della dei da al sono come più lo ma ha anche i gli nel alla su questo questa ci "
    "se o delle mi ti loro essere ciao grazie prego sì perché quando molto tutto cosa dove nella degli dal dalla stato ò ù",
    "pt": "o a os as de que e do da em um uma para com não por mais dos das no na se como mas ao ele ela seu sua ou ser quando muito há nos já "
    "está eu também só pelo pela até isso entre era depois sem mesmo aos olá obrigado obrigada você são foi tem ã õ ç",
    "nl": "de het een en van in is dat op te zijn met voor niet aan er om ook als dan maar bij nog uit naar wordt door over ze hij zij wij "
    "je ik heeft hebben was deze dit kan worden meer geen hoe wat hallo dank graag ja nee onze uw mijn wel ij",
    "sv": "och att det som en på är av för med till den har de inte om ett han var jag men vi så från kan när nu ska eller där efter hon "
    "sin också över vid du hej tack mycket ja nej å ä ö",
    "da": "og at det er en til på som med af for ikke den der har de et han var jeg men vi så fra kan når nu skal eller efter hun sig også "
    "over ved du hej tak meget ja nej hvad være blev æ ø å",
    "no": "og å det er en til på som med av for ikke den har de et han var jeg men vi så fra kan når nå skal eller etter hun seg også over "
    "ved du hei takk mye ja nei hva være ble æ ø å",
    "fi": "ja on ei se että hän oli mutta niin kun joka ovat kuin tämä myös sen hänen tai olla jos nyt vain mitä minä sinä me te he ole voi "
    "hyvin kaikki sitten jo vielä hei kiitos kyllä ä ö",
    "pl": "i w na z nie się to jest do że jak o ale po co tak za od przez dla są był czy może ich jego tylko przy już być ten która który "
    "oraz mnie ja ty my wy cześć dziękuję ł ż ś ą ę ć ń ź",
    "cs": "a je se na v že to s z do o k ale jako za by jsem po jeho jak pro být tak si jsou nebo byl když může jen už však také co "
    "od při ahoj děkuji ano ne ř ě ů š č ž ý",
    "sk": "a je sa na v že to s z do o k ale ako za by som po jeho pre byť tak si sú alebo bol keď môže len už však tiež čo od pri ahoj ďakujem áno nie ľ ĺ ô ť ď",
    "tr": "ve bir bu için ile de da çok daha olarak en gibi ne var kadar sonra olan o ama ya ben sen biz siz değil mi her ki olduğu "
    "merhaba teşekkür evet hayır şey ğ ı ş ç ü ö",
    "ro": "și de în la a cu nu o pe este care că un mai din pentru se sunt au ce am fost sau dar prin după lui acest ei fi să îi "
    "bună mulțumesc da foarte ă â î ș ț",
    "hu": "a az és hogy nem is egy ez van volt de meg csak mint ha már el ki még azt vagy minden lehet kell nagyon ezt én te ő mi "
    "szia köszönöm igen ő ű ö ü",
    "id": "yang dan di dengan untuk tidak ini dari dalam itu akan pada juga saya ke karena ada oleh mereka kami bisa adalah atau sudah "
    "telah anda kita lebih sebagai dapat halo terima kasih ya bukan",
    "vi": "và của là có không được cho các một những trong người với này đã để khi từ ra như về cũng tôi bạn nhiều rất vì đến ở xin chào "
    "cảm ơn đ ơ ư",
    "ru": "и в не на что я с он как это по но они к у из мы за от так же все для о бы его только был было до есть или если она вы "
    "при мне привет спасибо да нет очень может чтобы этот эта ы э ё ъ",
    "uk": "і в не на що я з він як це по але вони до у та ми за від так же всі для про б його тільки був було є або якщо вона ви при "
    "мені привіт дякую так ні дуже може щоб цей ця ї є ґ і",
    "bg": "и в не на че се с за от да е са по но той като ще това до му има или към тя при ние аз вие здравейте благодаря много може "
    "който която които беше също само ъ",
    "sr": "и у је да се на за не са су од као што то би ће али или из није који која које има до по само био јер здраво хвала ј љ њ ћ ђ џ",
    "ar": "في من على أن إلى هذا التي الذي عن مع لا ما هذه كان و هو هي كل بعد بين قد لم أو ثم لقد كما عند مرحبا شكرا نعم",
    "fa": "در و به از که این را با است برای آن یک خود تا بر هم نیز شد می های اما یا هر سلام ممنون بود شده پ چ ژ گ",
    "ur": "کے میں ہے کی اور سے کا کو پر نے یہ کہ ہیں تھا بھی نہیں ایک اس وہ ہو گیا سلام شکریہ ٹ ڈ ڑ ے",
}
SCRIPT_LANGUAGE = {GREEK: "el", HEBREW: "he", DEVANAGARI: "hi", THAI: "th", HANGUL: "ko", ARMENIAN: "hy", GEORGIAN: "ka",
                   BENGALI: "bn", TAMIL: "ta"}  # fmt: skip
CODES = list(WORDS)
_TABLE = lexicon({bit: WORDS[code].split() for bit, code in enumerate(CODES)})
_OF_SCRIPT = {
    CYRILLIC: [CODES.index(code) for code in ("ru", "uk", "bg", "sr")],
    ARABIC: [CODES.index(code) for code in ("ar", "fa", "ur")],
}
_OF_SCRIPT[LATIN] = [i for i in range(len(CODES)) if not any(i in others for others in _OF_SCRIPT.values())]


def languages(texts: Texts) -> list[str | None]:
    """ISO 639-1 code of each text in lower case, None when nothing tells it.

    >>> from aiops.signals.content.text import packed
    >>> languages(packed(["das wetter ist heute schön", "今日は天気がいい", "今天天气很好", "42"]))
    ['de', 'ja', 'zh', None]
    """
    counts = np.zeros((len(texts.bound) - 1, 64 + SCRIPTS))
    tally(texts.data, texts.bound, LIMIT, _TABLE.keys, _TABLE.values, counts)
    return [_language(row[:64], row[64:]) for row in counts]


def _language(words: Floats, scripts: Floats) -> str | None:
    letters = scripts.sum()
    if letters == 0:
        return None
    # A character of these scripts says as much as a word of three letters.
    weight = scripts.copy()
    weight[[HAN, HANGUL, KANA]] *= 3
    script = int(weight.argmax())
    if script in (HAN, KANA):
        return "ja" if scripts[KANA] > 0.1 * (scripts[HAN] + scripts[KANA]) else "zh"
    if script in SCRIPT_LANGUAGE:
        return SCRIPT_LANGUAGE[script]
    among = _OF_SCRIPT[script]
    best = among[int(words[among].argmax())]
    if words[best] > 0:
        return CODES[best]
    return {CYRILLIC: "ru", ARABIC: "ar"}.get(script)
