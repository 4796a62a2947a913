"""The phrases of refusal in a dozen languages, each with the log odds it adds. All are in lower case.

Written by hand from how refusals are built: (speaker) + (inability | unwillingness | rule) + (what one does for an
asker). A phrase stands once however often it is said.
"""

from __future__ import annotations

import re


def _form(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


# What one does for an asker: with "I can't" before it, it is a refusal. Finding, seeing, recalling are not among it.
_DO = (
    r"(?:help|assist|aid|provide|comply|fulfil+|answer|share|give|create|write|generate|produce|discuss|engage|support|"
    r"reveal|disclose|offer|respond|continue|participate|process|accommodate|make|do|tell|teach|translate|draft|compose|"
    r"browse|access|retrieve|get|fetch|look|open|view|show|explain|advise|speak|talk|comment|execute|perform|complete|"
    r"carry|proceed|go|supply|grant|handle|honou?r|satisfy|entertain|indulge|allow|facilitate|encourage|promote|endorse|"
    r"describe|detail|walk|guide|instruct|design|develop|build|code|send|publish|repeat|print|output|pretend|roleplay|act|"
    r"role-play|simulate|impersonate|reproduce|summari[sz]e|review|recommend|suggest|say|state|take|contribute|be part|"
    r"diagnose|prescribe|predict|book|order|buy|pay|transfer|delete|change|modify|bypass|hack|lie|be of|meet|serve|"
    r"follow|obey|ignore|enable|condone|collaborate|cooperate|work|let|put|have|hand|list|name|identify|use|draw|play|"
    r"weigh|voice|express|take part|verify|confirm|format|record|call|contact|analy[sz]e|evaluate|judge|rate|rank|grade|"
    r"visit|click|run|read|listen|watch|upload|download|divulge|release|expose|leak|point|lead|direct|cover|address)"
)
_MAY = r"(?:also |really |simply |just |personally |currently |unfortunately |legally |ethically |actually |ever |possibly |directly |therefore |knowingly |safely |in good conscience,? |,? ?in good conscience,? ?)*"  # noqa: E501
_CANT = (
    r"(?:can't|cannot|cant|can not|couldn't possibly|won't|wont|will not|(?:am|'m|are|'re) (?:not able|unable|not allowed|"
    r"not permitted|not authori[sz]ed|not going|not willing|unwilling|not in a position|not comfortable|not prepared|"
    r"not at liberty|not designed|not programmed|not supposed|forbidden|prohibited|restricted|prevented|not equipped|"
    r"not free|not ready|not here)(?: to| from| with)?|shouldn't|should not|must not|mustn't|may not|"
    r"(?:do not|don't|wouldn't|would not) (?:feel (?:comfortable|right|at ease)|have (?:the )?(?:permission|authori[sz]ation|authority|"
    r"clearance)|want|wish|think it (?:is|would be) (?:appropriate|right|wise)|believe it (?:is|would be) (?:appropriate|right)|"
    r"be comfortable|be able|be right)(?: to| with| in)?)"
)
_I = r"(?:\bi|\bwe|\bthis assistant|\bthe assistant|\bthis (?:model|bot|chatbot|system|service))"
_SORRY = (
    r"(?:sorry|apologi[sz]e|apologies|unfortunately|regrettably|i'm afraid|i am afraid|regret|my apologies|forgive me)"
)
_BAD = (
    r"(?:harmful|unsafe|dangerous|illegal|unlawful|unethical|immoral|inappropriate|offensive|hateful|explicit|abusive|malicious|"
    r"sensitive|disallowed|prohibited|restricted|against (?:the )?(?:law|rules|policy)|irresponsible|violent|sexual|private|"
    r"confidential|discriminatory|defamatory|wrong)"
)
_RULE = (
    r"(?:guidelines?|(?:usage |content |safety |use |community )?polic(?:y|ies)|(?:ethical |safety |core |programmed )?principles|programming|"
    r"safety (?:rules|standards|measures|training)|terms of (?:service|use)|ethic(?:s|al standards)|values|rules|instructions|code of conduct|"
    r"design|training|restrictions|limits|boundaries|operator)"
)

_ENGLISH = (
    (4.2, _form(rf"{_I},? {_MAY}{_CANT},? ?{_MAY}(?:to )?{_DO}\b")),
    (4.2, _form(r"^(?:no|nope|sorry|unfortunately|apologies)?[,.! ]*(?:but )?(?:can't|cannot|can not|won't|unable to|not able to|"
                rf"not allowed to|not permitted to) {_MAY}{_DO}\b")),
    (4.2, _form(r"\bi (?:(?:must|have to|need to|will|am going to|would like to|shall|should|am obliged to|am forced to|would have to|"
                r"will have to) )?(?:respectfully |politely |firmly |therefore |regretfully |kindly )*"
                r"(?:decline|refuse|say no|pass on|abstain|refrain|stop here|turn (?:this|that|it) down|draw the line|opt out|reject)\b",
                r"\bi (?:respectfully |politely |firmly |therefore |regretfully |kindly )*(?:decline|refuse|reject) (?:to|this|that|your|the)\b",
                r"\bi(?:'d| would) (?:rather|prefer) not\b|\bi(?:'d| would) (?:rather|prefer to) (?:avoid|refrain|decline|stay away)",
                r"\bi(?:'m| am) (?:going to have to|compelled to) (?:decline|refuse|pass|say no)")),
    (3.6, _form(rf"\b(?:something|anything|a (?:topic|request|subject|task)|one|not)\b[^.!?]{{0,20}} (?:that )?i(?:'m| am)? {_CANT} ?{_MAY}{_DO}",
                r"\bnot something (?:that )?i (?:can|will|could|am able|would|do|feel)\b|\bnothing i can (?:do|share|offer) (?:here|for)",
                r"\bso i (?:won't|cannot|can't|will not|must not|refuse|decline|have to)\b",
                r"\b(?:no|not),? i (?:can't|cannot|won't|will not|refuse|decline)\b",
                rf"\b(?:outside|beyond) (?:of )?(?:my|the scope of|what i)\b[^.!?]{{0,50}}(?:scope|can|able|capabilit|allowed|purpose|{_DO})")),
    (3.4, _form(rf"\b(?:my|our|openai's|these|the|platform|company)\b[^.!?]{{0,30}}{_RULE}[^.!?]{{0,30}}(?:prevent|prohibit|forbid|do not allow|don't allow|"
                rf"restrict|require me|stop|keep|bar|won't let|do not permit|don't permit|disallow|does not allow|doesn't allow)[^.!?]{{0,60}}",
                rf"\b(?:against|violat\w+|contravene\w*|conflict\w* with|contrary to|breach\w*|not in line with|inconsistent with|goes beyond|break\w*|"
                rf"outside)(?: of)? (?:my|our|the|its|openai's|all|this|these|company|platform)?\b[^.!?]{{0,30}}{_RULE}",
                rf"\b(?:i am|i'm) (?:bound|restricted|limited|constrained|required|prevented) by[^.!?]{{0,40}}{_RULE}")),
    (3.4, _form(rf"\b(?:it|that|this|doing so|helping(?: you)?(?: with (?:this|that|it))?|providing (?:this|that|it|such)|"
                rf"(?:this|that|your|the) (?:request|question|content|topic|prompt))\b[^.!?]{{0,12}} (?:would be|is|are|seems|appears|could be|might be)"
                rf"[^.!?,]{{0,30}}{_BAD}\b[^.!?]{{0,20}}(?:for me|to (?:provide|share|give|create|write|help|produce|answer|offer|discuss|assist|do so)|so i\b|and i (?:can't|cannot|won't|will))",
                r"\b(?:your|this|that|the) (?:request|prompt|query|question|message|input)\b[^.!?]{0,24}(?:can't|cannot|can not|could not|won't|will not|has been|"
                r"was|is|must) ?(?:be )?(?:not )?(?:processed|fulfilled|answered|completed|honou?red|granted|supported|handled|accommodated|accepted|allowed|"
                r"permitted|blocked|flagged|declined|refused|rejected|denied)",
                rf"\b(?:your|this|that) (?:request|prompt|question|query|message)\b[^.!?]{{0,40}}(?:asks? for|involves?|contains?|seeks?|concerns?|"
                rf"relates? to|falls under|includes?|is)\b[^.!?]{{0,20}}{_BAD}",
                r"\b(?:content|response|request|answer|topic) (?:was |is |has been )?(?:blocked|filtered|withheld|removed|not allowed|disallowed)\b")),
    (3.4, _form(r"\bi (?:do not|don't|never) (?:provide|offer|give|create|write|generate|share|help|assist|engage|produce|support|discuss|"
                r"participate|disclose|reveal|answer|comment|respond|promote|condone|diagnose|prescribe|do that|do this|take part)\b",
                r"\bi(?:'m| am) not (?:able|allowed|permitted|willing|authori[sz]ed|comfortable|going to|at liberty)\b",
                r"\bi(?:'m| am) (?:unable|unwilling|forbidden|prohibited)\b",
                r"\bi (?:do not|don't) (?:feel comfortable|have (?:the )?(?:permission|ability|capability|capacity|authority|authori[sz]ation))",
                r"\bthere(?:'s| is) no way i\b|\bi (?:have|'ve) no (?:intention|way|permission|ability)|\bnot (?:happening|gonna happen)\b|\bno can do\b")),
    (2.0, _form(rf"{_I},? {_MAY}{_CANT}(?:\s*(?:[.,;!:]|$))",
                rf"{_I},? {_MAY}{_CANT},? ?{_MAY}(?:\w+ )(?:this|that|it|such|those|these|any|you|your)\b")),
    (1.6, _form(rf"^[^.!?]{{0,40}}{_SORRY}")),
    (0.9, _form(r"\bas an? (?:ai|artificial|language|large|responsible|ethical|safe|virtual)\b|\b(?:as )?an ai (?:language )?model\b|\bi'm (?:just )?an ai\b|"
                r"\bi am (?:just )?an ai\b")),
    (1.2, _form(rf"\bi (?:can't|cannot|won't)\b[^.!?]{{0,60}}\b(?:{_BAD}|this (?:request|topic|content)|that (?:request|kind|content)|your request)\b")),
)  # fmt: skip

# Other languages: what is refused outright, and what says sorry or names a rule.
_STRONG = (
    # German
    r"\bich (?:kann|darf|werde|möchte|will|könnte)\b[^.!?]{0,70}\b(?:nicht|keine?n?r?s?|kein)\b[^.!?]{0,60}(?:helfen|weiterhelfen|beantworten|unterstützen|"
    r"geben|bereitstellen|erstellen|schreiben|nachkommen|teilen|erfüllen|machen|tun|dienen|liefern|verraten|preisgeben|nennen|erzeugen|beitragen|mitwirken|verfassen|anbieten|ausführen)",
    r"\b(?:kann|darf|werde|möchte) ich\b[^.!?]{0,70}\b(?:nicht|keine?n?r?s?|kein)\b[^.!?]{0,60}(?:helfen|weiterhelfen|beantworten|unterstützen|geben|bereitstellen|"
    r"erstellen|schreiben|nachkommen|teilen|erfüllen|machen|tun|dienen|liefern|verraten|preisgeben|nennen|erzeugen|beitragen|mitwirken|verfassen|anbieten|ausführen)",
    r"\bich (?:muss|werde) (?:das |dies |diese anfrage |leider |hier |diese bitte )*(?:ablehnen|verweigern)|\bich (?:lehne|weigere)\b|"
    r"\bich bin (?:leider )?nicht (?:in der lage|befugt|berechtigt|bereit)|\bist (?:es )?mir (?:leider )?nicht (?:möglich|erlaubt|gestattet)|"
    r"\bmir (?:leider )?(?:nicht (?:möglich|erlaubt|gestattet)|verboten)|\bmeine richtlinien\b|\bgegen meine (?:richtlinien|grundsätze|regeln)|\bkann (?:leider )?nicht (?:helfen|weiterhelfen)",
    # French
    r"\bje ne (?:peux|puis|suis|veux|vais|saurais|pourrai|pourrais)(?: malheureusement| donc)? (?:pas|point)?\b[^.!?]{0,80}(?:aider|répondre|fournir|donner|faire|écrire|créer|partager|"
    r"assister|satisfaire|accéder|autorisé|mesure|habilité|générer|produire|révéler|divulguer|discuter|traiter|accepter|participer|rédiger|exécuter|continuer)",
    r"\bje (?:dois|me dois de|suis obligé de|suis contraint de|préfère)\b[^.!?]{0,24}(?:refuser|décliner|ne pas)|\bje (?:refuse|décline)\b|\b(?:contraire|contre) (?:à )?mes (?:directives|principes|règles)|"
    r"\bil m'est (?:impossible|interdit)|\bje ne suis pas (?:en mesure|autorisée?|habilitée?|capable)|\bmes (?:directives|règles)[^.!?]{0,20}(?:interdisent|empêchent|ne me permettent)",
    # Spanish
    r"\bno (?:puedo|podré|podemos|debo|voy a|quiero|pienso|me es posible|estoy (?:autorizad[oa]|en condiciones|capacitad[oa]))\b[^.!?]{0,50}(?:ayudar|proporcionar|dar|hacer|responder|escribir|crear|compartir|"
    r"asistir|cumplir|generar|revelar|ofrecer|facilitar|atender|participar|procesar|continuar|producir|decir|divulgar|realizar|ejecutar|hablar|discutir|eso|esa|esto)",
    r"\b(?:debo|tengo que|me veo obligad[oa] a) (?:rechazar|negarme|declinar|decir que no)|\bme niego a\b|\brechazo (?:esta|tu|su|la)\b|\bno me está permitido|\bva (?:en )?contra (?:de )?mis (?:directrices|normas|políticas|principios)|"
    r"\bmis (?:directrices|normas|políticas)[^.!?]{0,20}(?:impiden|prohíben|no me permiten)|\bno estoy autorizad[oa]\b|\bno soy capaz de\b|\bprefiero no\b",
    # Italian
    r"\bnon (?:posso|potrò|possiamo|voglio|intendo|sono in grado di|sono autorizzat[oa] a|mi è possibile|mi è permesso|mi è consentito)\b[^.!?]{0,50}(?:aiutar|fornir|dare|darti|fare|farlo|rispond|scriver|crear|condivider|assister|"
    r"soddisfar|generar|rivelar|offrir|procedere|produrre|dire|dirti|divulgar|eseguir|parlar|discutere|partecipar|continuar|accontentar)",
    r"\b(?:devo|sono costrett[oa] a) (?:rifiutar|declinar)|\bmi rifiuto\b|\brifiuto (?:di|questa|la)\b|\b(?:contro|contrari[oa] a(?:lle)?) (?:le )?mie (?:linee guida|regole|norme)|\ble mie linee guida\b|\bpreferisco non\b|\bpreferirei non\b",
    # Portuguese
    r"\bnão (?:posso|poderei|podemos|vou|quero|consigo|devo|estou autorizad[oa] a|tenho permissão para|me é possível)\b[^.!?]{0,50}(?:ajudar|fornecer|dar|fazer|responder|escrever|criar|compartilhar|partilhar|auxiliar|atender|"
    r"gerar|revelar|oferecer|cumprir|prosseguir|produzir|dizer|divulgar|executar|falar|discutir|participar|continuar|isso|isto)",
    r"\b(?:devo|tenho (?:de|que)|preciso) (?:recusar|negar|declinar)|\brecuso-me|\bme recuso\b|\bnão estou autorizad[oa]|\bnão tenho (?:permissão|autorização)|\bvai contra (?:as )?minhas (?:diretrizes|regras|políticas)|\bminhas diretrizes\b|\bprefiro não\b",
    # Dutch
    r"\bik (?:kan|mag|zal|wil|ga)\b[^.!?]{0,50}\b(?:niet|geen)\b[^.!?]{0,60}(?:helpen|beantwoorden|geven|verstrekken|maken|schrijven|delen|doen|voldoen|assisteren|verlenen|bieden|onthullen|uitvoeren|meewerken|bespreken)|"
    r"\b(?:kan|mag|wil|zal) ik\b[^.!?]{0,50}\b(?:niet|geen)\b[^.!?]{0,60}(?:helpen|beantwoorden|geven|maken|schrijven|delen|doen|voldoen|verlenen|bieden|uitvoeren)|\bik (?:moet|wil)\b[^.!?]{0,30}(?:weigeren|afwijzen)|\bik weiger\b|"
    r"\bik ben niet (?:in staat|bevoegd|gemachtigd)|\bmijn richtlijnen\b",
    # Polish, Czech, Turkish, Swedish and its neighbours
    r"\bnie (?:mogę|będę|chcę|jestem w stanie|wolno mi)\b[^.!?]{0,40}(?:pomóc|odpowiedzieć|udzielić|podać|napisać|stworzyć|tego zrobić|zrobić|spełnić|udostępnić|dostarczyć|ujawnić)|\bmuszę odmówić|\bodmawiam\b",
    r"\b(?:nemohu|nemůžu|nesmím|nebudu)\b[^.!?]{0,40}(?:pomoci|pomoct|odpovědět|poskytnout|napsat|vytvořit|udělat|vyhovět|sdílet)|\bmusím odmítnout|\bodmítám\b",
    r"\b(?:yardımcı olamam|yardım edemem|yapamam|bunu yapamıyorum|yanıtlayamam|cevaplayamam|sağlayamam|yazamam|paylaşamam|veremem|oluşturamam|yerine getiremem|reddetmek zorundayım|reddediyorum)|\byardımcı olamıyorum",
    r"\b(?:jag|jeg) (?:kan|får|kommer|vil|vill|må)\b[^.!?]{0,30}\b(?:inte|ikke)\b[^.!?]{0,50}(?:hjälpa|hjelpe|hjælpe|svara|svare|ge|gi|give|skriva|skrive|skapa|dela|dele|göra|gjøre|gøre|tillhandahålla|uppfylla|bistå|bistå|utföra)|"
    r"\b(?:jag|jeg) (?:måste|må) (?:avböja|vägra|neka|avslå|avslå|afslå|nekte)|\b(?:jag vägrar|jeg nekter|jeg nægter)\b",
    r"\ben (?:voi|pysty|saa|aio)\b[^.!?]{0,40}(?:auttaa|vastata|antaa|tehdä|kirjoittaa|luoda|tarjota|jakaa|toteuttaa|täyttää)|\bminun (?:on|täytyy) kieltäydyttävä|\bkieltäydyn\b",
    r"\bnem (?:tudok|segíthetek|áll módomban|tehetem|adhatok)\b[^.!?]{0,40}|\bvissza kell utasítanom",
    r"\bnu (?:pot|am voie|sunt în măsură|voi)\b[^.!?]{0,40}(?:ajuta|oferi|răspunde|da|scrie|crea|face|îndeplini|furniza)|\btrebuie să refuz|\brefuz să\b",
    r"\b(?:saya|kami) tidak (?:dapat|bisa|boleh|akan|mampu)\b[^.!?]{0,40}(?:membantu|memberikan|menjawab|membuat|menulis|memenuhi|melakukan|menyediakan|membagikan)|\bsaya (?:harus )?menolak",
    r"\b(?:tôi|mình) (?:không thể|không được phép|xin từ chối|phải từ chối|từ chối)",
    # Russian, Ukrainian
    r"\bя (?:не (?:могу|смогу|буду|стану|имею права|хочу|в состоянии|вправе|готов)|вынужден[а]?|должен|должна|отказываюсь)\b[^.!?]{0,60}(?:помо|ответ|предостав|дать|дат|напис|созда|выполн|сдела|подел|раскры|обсужда|отказ|генер|поддерж|содейств|рассказ|этого|это|продолж|участв)?",
    r"\b(?:не могу|не смогу|не имею права) (?:вам |тебе |с этим |этого |с этой просьбой |это )*(?:помоч|ответ|предостав|выполн|напис|сдела|созда|подел|раскры|обсужда|дать)|\bвынужден[а]? отказ|\bпротивореч\w+ мо\w+ (?:правил|принцип|руковод)",
    r"\bя не (?:можу|зможу|буду|маю права)\b|\bзмушен\w* відмов",
    # Arabic, Persian, Hebrew
    r"لا (?:أستطيع|استطيع|يمكنني|أقدر|يسعني|يجوز لي)|لن (?:أتمكن|أقوم|أستطيع|أساعد)|(?:أرفض|أعتذر عن|غير قادر على|غير مسموح لي|يجب أن أرفض|ليس بإمكاني|لست قادر)",
    r"نمی\u200c?توانم|نمیتوانم|قادر نیستم|מסרב|לא (?:אוכל|יכול(?:ה)? (?:לעזור|לספק|לענות|לכתוב|ליצור|לסייע|לעשות))|איני יכול",
    # Chinese
    r"(?:我|本(?:助手|模型|系统)|恕我?|抱歉|对不起)[^。！？\n]{0,14}(?:无法|不能|不可以|没办法|没有办法|不便|不会|不方便|拒绝|無法|不得)[^。！？\n]{0,10}(?:帮|提供|回答|协助|满足|完成|处理|生成|讨论|透露|分享|执行|支持|给|写|做|创作|继续|回应|参与|協助|這|这|您|你|遵|告|说)",
    r"(?:我(?:必须|只能|不得不)(?:拒绝|谢绝)|我拒绝|违反(?:了)?(?:我的|我们的|相关)?(?:准则|政策|规定|使用政策|原则|指南)|不符合(?:我的|我们的)?(?:准则|政策|规定)|恕难从命|恕不|恕难)",
    # Japanese
    r"(?:お手伝い|お答え|ご協力|対応|提供|回答|お応え|サポート|作成|お教え|共有|お受け|お話し|支援|生成|お伝え|実行|開示|手伝うこと|答えること)[^。！？\n]{0,10}(?:でき(?:ません|かねます|ない)|いたしかねます|致しかねます|しかねます|はできません|わけにはいきません)|"
    r"(?:お断り(?:し|いた|させ)|応じられません|応じかねます|許可されていません|できかねます|ガイドラインに(?:反|違反))",
    # Korean, Hindi, Thai, Greek
    r"(?:도와드릴|도와 드릴|도울|제공할|제공해 드릴|답변할|답변드릴|답변해 드릴|작성할|작성해 드릴|드릴|해 드릴|응할|공유할|할|알려드릴|처리할|생성할) ?수(?:가|는)? ?없|거절(?:해야|하겠|합니다|할 수밖에)|어렵습니다|죄송하지만 [^.!?]{0,40}(?:없|어렵|안 )",
    r"(?:नहीं (?:कर सकत|दे सकत|बता सकत|लिख सकत)|मदद नहीं कर|सहायता नहीं कर|असमर्थ|मना करन|ไม่สามารถ(?:ช่วย|ให้|ตอบ|ทำ|สร้าง|เขียน|ดำเนิน)|ขอปฏิเสธ|δεν μπορώ να|αδυνατώ|αρνούμαι)",
)
_SOFT = (
    r"^[^.!?。]{0,24}(?:\bleider\b|tut mir leid|entschuldig|désolée?|malheureusement|regrette|lo siento|lamento|lamentablemente|desafortunadamente|perdón|mi dispiace|purtroppo|spiacente|"
    r"desculpe|lamento|infelizmente|sinto muito|helaas|het spijt me|przykro mi|niestety|przepraszam|bohužel|je mi líto|üzgünüm|maalesef|tyvärr|dessverre|desværre|beklager|"
    r"förlåt|valitettavasti|sajn|îmi pare rău|maaf|xin lỗi|rất tiếc|извин|к сожалению|прости|на жаль|вибач|عذر|آسف|للأسف|متأسف|متاسف|מצטער|抱歉|对不起|很遗憾|對不起|不好意思|"
    r"申し訳|すみません|残念ながら|恐れ入りますが|죄송|미안|유감|क्षमा|माफ़|ขออภัย|ขอโทษ|λυπάμαι|δυστυχώς)",
)  # fmt: skip

PHRASES: tuple[tuple[float, re.Pattern[str]], ...] = (*_ENGLISH, (4.4, _form(*_STRONG)), (1.6, _form(*_SOFT)))

DETOUR = _form(
    # Ways of saying "can't" that refuse nothing.
    r"\b(?:i|we|you) (?:can't|cannot|can not|couldn't|could not) (?:help (?:but|noticing|feeling|wondering|thinking|laughing|smiling)|"
    r"(?:recommend|thank|praise|stress|emphasi[sz]e|say|overstate|tell you)\b[^.!?\n]{0,60}\b(?:enough|how (?:much|happy|grateful|glad))|"
    r"(?:wait|believe|imagine|agree more|complain|argue with|go wrong|deny|thank you enough|say enough|be sure|be certain|"
    r"say (?:for sure|for certain|with certainty)|tell (?:for sure|whether|if|the difference)|guarantee|promise|overstate|"
    r"stress|emphasi[sz]e|recall|remember|think of|find|see|spot|detect|reproduce (?:the|this|it|that)|rule out|exclude))\b",
    r"\bi (?:won't|will not) (?:lie|sugarcoat|bore you|go into|pretend it|keep you|repeat|spoil|forget|judge|mind|let you down|give up)\b",
    r"\bi(?:'m| am) (?:not (?:able|going) to (?:lie|find|see)|unable to (?:find|see|reproduce (?:the|this|it|that)|locate|spot|detect|determine|verify whether))\b",
    r"\b(?:i don't|i do not) (?:think (?:so|you)|believe (?:so|you)|see (?:any|a|why)|find)\b",
    r"\bno problem\b|\bnot only\b|\bwhy not\b|\bif (?:i|you) (?:can't|cannot|refuse|decline)\b|\bwithout which i\b",
)  # fmt: skip

HELP = _form(
    r"\b(?:however|but|instead|still|that said|nevertheless)\b,?[^.!?\n]{0,40}\b(?:here(?:'s| is| are)|below (?:is|are)|following|i (?:have|'ve) (?:included|written|made|listed|prepared)|"
    r"i can (?:provide|give|offer|describe|create|write|show|help)[^.!?\n]{0,60}:)",
    r"\bhere(?:'s| is| are) (?:a|an|the|some|three|two|five|one|my|your|how|what|several|ten)\b",
    r"\b(?:hier (?:ist|sind)|voici|aquí (?:tienes?|está|hay)|ecco|aqui (?:está|estão)|вот|以下是|以下に|다음은)\b",
    r"\n\s*(?:1[.)]|[-*•]) |\n\|",
)

TRIGGERS = ["cant", "cannot", "cannt", "wont", "not", "unable", "unwilling", "sorry", "apologize", "apologise", "apologies", "apology", "afraid", "unfortunately", "regrettably", "decline", "refuse", "regret", "forbidden", "prohibited", "against", "guidelines", "policy", "policies", "violates", "violate", "inappropriate", "harmful", "unsafe", "no", "rather", "dont", "never", "blocked", "denied", "rejected", "declined", "refused", "withheld", "filtered", "reject", "refrain", "abstain", "beyond", "outside", "shouldnt", "wouldnt", "couldnt", "stop", "pass", "nicht", "kein", "keine", "keinen", "keiner", "keines", "leider", "ablehnen", "lehne", "weigere", "verboten", "richtlinien", "verweigern", "pas", "ne", "refuse", "refuser", "décline", "décliner", "désolé", "désolée", "malheureusement", "impossible", "interdit", "directives", "no", "niego", "rechazar", "rechazo", "negarme", "siento", "lamento", "prefiero", "directrices", "declinar", "non", "rifiuto", "rifiutare", "declinare", "purtroppo", "dispiace", "preferisco", "preferirei", "não", "recuso", "recusar", "infelizmente", "lamento", "desculpe", "diretrizes", "niet", "geen", "helaas", "weiger", "weigeren", "richtlijnen", "nie", "odmówić", "odmawiam", "niestety", "nemohu", "nemůžu", "nesmím", "nebudu", "odmítám", "odmítnout", "bohužel", "olamam", "edemem", "yapamam", "yapamıyorum", "yanıtlayamam", "cevaplayamam", "sağlayamam", "yazamam", "paylaşamam", "veremem", "oluşturamam", "getiremem", "reddetmek", "reddediyorum", "olamıyorum", "inte", "ikke", "avböja", "vägra", "vägrar", "nekter", "nægter", "nekte", "en", "kieltäydyttävä", "kieltäydyn", "nem", "utasítanom", "nu", "refuz", "tidak", "menolak", "không", "từ", "не", "отказываюсь", "вынужден", "вынуждена", "відмовити", "відмовитися", "противоречит", "لا", "لن", "أرفض", "أعتذر", "غير", "ليس", "لست", "نمی", "نمیتوانم", "قادر", "נמנע", "מסרב", "לא", "איני", "无法", "不能", "不可以", "没办法", "不便", "拒绝", "谢绝", "恕", "抱歉", "违反", "不符合", "不会", "不得", "無法", "ません", "かね", "ない", "お断り", "できません", "断り", "応じ", "反", "नहीं", "असमर्थ", "मना", "ไม่ส", "ขอป", "δεν", "αδυνατώ", "αρνούμαι", "수", "수가", "수는", "거절해야", "거절하겠습니다", "거절합니다", "거절할", "어렵습니다", "없습니다", "죄송하지만"]  # fmt: skip
"""Words without one of which nothing is a refusal."""
