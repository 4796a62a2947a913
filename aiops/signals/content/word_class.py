"""Classes of words that instructions to a model are made of, across languages: the vocabulary of the phrase rules.

That an attack says "ignore - previous - instructions" is the same in any language once its words are classes. The
classes are written by hand; which of their sequences tell an attack from a question is learnt.
"""

from __future__ import annotations

from aiops.signals.content.lexicon import lexicon

CLASS_WORDS = {
    "ignore": "ignore ignores ignored ignoring disregard disregards disregarding forget forgets forgetting forgotten overlook neglect skip bypass bypassing override overrides overriding "
    "overrule discard dismiss omit abandon erase unlearn nullify void delete circumvent evade sidestep deactivate "
    "ignoriere ignorieren ignoriert vergiss vergesst vergessen missachte missachten übergehe umgehe verwirf ignorez ignorer oublie oubliez oublier négligez contourne contournez "
    "ignora ignorar ignoren ignore olvida olvide olvidar olvídate omite omitir descarta dimentica dimenticare ignorare trascura esqueça esquece esquecer desconsidere desconsidera desconsiderar "
    "игнорируй игнорируйте игнорировать забудь забудьте отмени отбрось проигнорируй تجاهل تجاهلي انس انسى انسَ تناس 忽略 无视 忘记 忘掉 忽视 不要理会 無視 忘れ 忘れて 무시 무시하고 무시해 잊어 잊고 잊어버려 negeer vergeet yoksay unut görmezden zignoruj ignoruj zapomnij abaikan lupakan",
    "prior": "previous previously prior above preceding earlier foregoing past former aforementioned initial original existing "
    "vorherigen vorherige bisherigen bisherige obigen obige früheren vorangegangenen ursprünglichen précédentes précédente précédents précédent antérieures antérieurs initiales dessus "
    "anteriores anterior previas previa previos previo iniciales originales precedenti precedente iniziali originali prévias prévios prévia iniciais originais "
    "предыдущие предыдущих предыдущую прежние прежних прошлые вышеуказанные выше السابقة السابق السابقه أعلاه 之前 以前 先前 上述 前面 上面 以上 先の 前の これまで 上記 이전 이전의 위의 앞의 지금까지 vorige eerdere önceki yukarıdaki poprzednie wcześniejsze sebelumnya",
    "instruction": "instruction instructions directive directives prompt prompts preprompt rule rules guideline guidelines command commands orders programming protocol protocols "
    "policies safeguards guardrails setup configuration anweisung anweisungen befehl befehle regeln vorgaben instruktionen richtlinien systemprompt eingabeaufforderung "
    "consigne consignes instructions règles directives ordres instrucción instrucciones indicaciones reglas órdenes directrices directivas istruzione istruzioni regole ordini direttive comandi instrução instruções regras ordens diretrizes "
    "инструкция инструкции инструкций указания указаний правила правил команды приказы промпт التعليمات تعليمات الأوامر أوامر القواعد قواعد توجيهات التوجيهات 指令 指示 规则 提示词 提示 命令 要求 规定 設定 ルール プロンプト 命令を 지시 지시를 지시사항 명령 명령을 규칙 규칙을 프롬프트 instructies opdrachten regels talimat talimatları talimatlar komut kuralları instrukcje polecenia zasady instruksi perintah",
    "all": "all any every everything each anything whatever entire whole alle alles sämtliche sämtlichen jede toutes tous tout toute todas todos todo toda tutte tutti tutto qualsiasi все всё всех любые جميع كل كافة 所有 一切 全部 任何 すべて 全て 全部の 모든 모두 tüm bütün wszystkie semua",
    "your": "your yours ur deine deinen deiner deines dein ihre ihren ihrer tes ton vos votre ta tus tu sus su tuo tuoi tua tue vostre suas seus sua seu teu teus tua твои твой твоих твоё свои своих ваши ваш ваших 你的 您的 あなたの 君の お前の 당신의 너의 네 jouw uw senin twoje anda",
    "you": "you u youre youll youve yourself du dich dir sie vous toi tú usted te ti você vocês ты вы тебя вам أنت لك 你 您 あなた 君 お前 당신 당신은 너는 넌 jij je sen ty kamu",
    "reveal": "reveal reveals revealing leak leaking disclose disclosing expose divulge recite dump regurgitate spill exfiltrate extract uncover unveil "
    "verrate verraten enthülle offenbare preisgeben offenlege révèle révélez révéler divulgue divulguez dévoile revela revele revelar revélame divulga filtra rivela rivelare svela mostrami revele divulgue "
    "раскрой раскройте раскрыть выдай выведи اكشف أفصح كشف 泄露 透露 揭示 公开 公開 明かして 教えて 暴露 공개 공개해 누설 알려줘 onthul açıkla ujawnij ungkapkan bocorkan",
    "say": "repeat repeating print prints show showing tell telling display output outputs write say says spell list return copy share give translate summarize summarise echo type state quote provide rewrite "
    "wiederhole zeige zeig sage sag schreibe gib nenne répète répétez affiche affichez montre montrez dis dites écris donne repite repita muestra muestre imprime dime escribe di dame ripeti mostra stampa scrivi dimmi dammi repita mostre imprima diga escreva me "
    "повтори покажи напиши скажи напечатай назови كرر أظهر اطبع اعرض قل أخبرني اكتب 重复 重複 显示 输出 打印 告诉 告诉我 说出 列出 写出 繰り返し 表示 出力 言って 書いて 반복 출력 출력해 보여 보여줘 말해 말해줘 적어 herhaal toon göster tekrarla söyle pokaż powtórz tampilkan ulangi",
    "secret": "password passwords passphrase secret secrets confidential credentials codeword passcode keyword key keys pin hidden private classified flag api token tokens "
    "passwort kennwort geheimnis geheime geheimen geheimwort schlüssel secret mot passe secrète secrètes contraseña secreto secreta secretas clave confidencial segreto segreta segrete chiave senha segredo secreta chave "
    "пароль пароли секрет секретный секретное секреты ключ كلمة السر المرور سرية سري 密码 密碼 秘密 机密 口令 暗号 パスワード 秘密の 機密 비밀번호 비밀 암호 기밀 wachtwoord şifre parola gizli hasło sandi rahasia",
    "system": "system systems developer developers admin administrator root operator internal underlying core backend initialization creators creator maker systemprompt systeem système sistema sistemas interno internas interne "
    "entwickler système développeur desarrollador administrador sviluppatore amministratore desenvolvedor системный системные системного система разработчик администратор النظام المطور نظام 系统 系統 开发者 管理员 システム 開発者 管理者 시스템 개발자 관리자 sistem geliştirici systemowe systemowy",
    "role": "act acts acting pretend pretending pretends roleplay play playing simulate simulating simulates behave assume emulate impersonate become imitate role persona spiele spiel agiere tu verhalte benimm joue jouez agis agissez fais prétends incarne actúa actúe finge simula compórtate comporta fingi agisci recita interpreta impersona aja atue finja simule comporte "
    "притворись веди действуй представь сыграй играй تصرف تظاهر تخيل العب 扮演 假装 充当 模拟 角色 作为 ふりを 演じ なりきって 振る舞って 行動して ロールプレイ 역할 연기 행동해 흉내 가장해 doe speel gibi davran rol udawaj zachowuj bertindak berpura",
    "now": "now henceforth onwards onward hereafter hereby ab jetzt nun sofort désormais maintenant partir ahora adelante ora ormai adesso agora diante теперь отныне сейчас الآن 现在 從現在 从现在 今后 接下来 今から これから 今 지금 지금부터 이제 이제부터 nu voortaan artık şimdi teraz sekarang mulai",
    "ai": "ai chatgpt gpt gpt3 gpt4 assistant assistants llm llms chatbot chatbots bot openai anthropic claude gemini bard bing copilot ki assistent assistant ia asistente assistente modelo modello modèle sprachmodell ии бот ассистент модель ассистента ذكاء مساعد 人工智能 助手 模型 机器人 アシスタント モデル チャットボット 인공지능 챗봇 어시스턴트 모델",
    "machine": "language model models large neural machine artificial intelligence trained",
    "free": "unrestricted unfiltered uncensored unlimited unbound unbounded unconstrained unregulated amoral unethical jailbroken jailbreak jailbreaking limitless unshackled unhinged rogue evil freed liberated free uneingeschränkt unzensiert ungefiltert frei illimité libre débridé débloqué sans-filtre irrestricto ilimitado desbloqueado libero illimitato sbloccato senza-filtri irrestrito livre liberto desbloqueado "
    "неограниченный свободный свободен нецензурированный مقيد حر بلا 不受限制 无限制 自由 越狱 不受约束 無制限 制限のない 自由な 脱獄 제한없는 자유로운 탈옥 onbeperkt sınırsız özgür nieograniczony",
    "not": "not no never dont doesnt without cannot cant wont nothing none neither nor nicht keine kein ohne niemals nie pas sans jamais aucune aucun no sin nunca ningún ninguna non senza mai nessuna não sem nunca nenhuma не без нет никогда никаких لا بدون دون ليس لن 不 不要 没有 无 不会 不能 ない なしで せずに ません 없이 말고 않는 안 geen niet zonder değil olmadan nie bez tidak tanpa jangan",
    "limit": "restriction restrictions restricted limit limits limitation limitations filter filters filtering censorship censor boundaries boundary ethics ethic ethical morals moral morality constraints constraint safety consequences laws law legality warnings warning disclaimers disclaimer refuse refusal refuses refusing content policy norms confines moderation "
    "einschränkungen beschränkungen grenzen filter zensur ethik moral ethische moralische sicherheitsregeln warnungen restrictions limites filtres censure éthique morale éthiques avertissements restricciones límites filtros censura ética moral advertencias limitazioni restrizioni limiti filtri etica morale avvertenze restrições limitações limites filtros ética avisos "
    "ограничений ограничения ограничениях фильтров фильтры цензуры этики морали этические قيود القيود حدود أخلاقية أخلاقيات رقابة 限制 约束 过滤 道德 伦理 审查 制限 制約 フィルター 倫理 検閲 제한 제약 필터 윤리 검열 beperkingen sınırlama kısıtlama ograniczeń ograniczenia batasan",
    "mode": "mode modes modus modo modalità режим режиме وضع 模式 モード 모드 tryb mod mod",
    "persona": "dan stan dude aim dev jailbreak godmode sudo omega alpha mongo tom antidan devmode evilbot chaosgpt basedgpt",
    "follow": "follow follows following obey obeys comply complies adhere abide execute perform heed carry befolge folge gehorche befolgen suis suivez obéis obéir exécute sigue obedece cumple ejecuta segui obbedisci esegui siga obedeça execute cumpra следуй выполняй подчиняйся выполни слушайся اتبع نفذ أطع 遵循 遵守 执行 服从 听从 従って 実行 従い 따르 따라 수행해 실행해 volg uygula itaat ikuti patuhi",
    "reply": "response responses answer answers reply replies output message messages elucidation explanation implementation solution completion feedback antwort antworten réponse réponses respuesta respuestas risposta risposte resposta respostas ответ ответе ответа ответы ответь إجابتك ردك جوابك إجابة رد 回答 回复 答案 回應 答复 回答を 返答 応答 대답 답변 응답 antwoord cevap yanıt odpowiedź jawaban",
    "add": "add adds adding include includes including insert inserting embed embedding incorporate incorporating integrate integrating append introduce introducing inject place attach augment enhance enhancing modify modifying mention mentioning weave prepend inclusion incorporation adding supplement enrich slip blend merge sprinkle conclude promote promotes promoting advertise hint alluding allude referencing reference "
    "füge einfügen ergänze erwähne ajoute ajoutez inclus insère insérez incorpore mentionne añade agrega incluye inserta incorpora menciona aggiungi includi inserisci incorpora menziona adicione inclua insira incorpore mencione acrescente добавь вставь включи упомяни أضف أدرج اذكر 添加 插入 加入 包含 提及 嵌入 追加 挿入 含めて 言及 추가 추가해 삽입 포함 포함해 언급",
    "encode": "encode encoded encoding base64 base32 base16 base58 base85 cipher ciphers caesar rot13 vigenere atbash encrypt encrypted encryption reverse reversed reversing backward backwards emoji emojis emoticons invert inverted binary hex hexadecimal morse leetspeak leet l33t substitution monoalphabetic cryptogram scramble unscramble anagram mirror pig latin ascii kodiere kodiert verschlüssele rückwärts encode chiffre inverse codifica cifra invertido cifrado codificare inverti codifique cifre inverta закодируй зашифруй наоборот шифр شفر عكس 编码 加密 倒序 反转 表情符号 エンコード 暗号化 逆順 逆さま 絵文字 인코딩 암호화 거꾸로 이모지",
    "tongue": "spanish french german italian portuguese english chinese japanese russian arabic korean dutch polish turkish hindi greek latin swedish hebrew klingon esperanto swahili",
    "below": "following subsequent below next ensuing folgenden folgende nachstehenden suivant suivante ci-dessous siguiente siguientes seguente seguenti seguinte seguintes abaixo следующий следующую следующие ниже التالي التالية أدناه 以下 下面 下列 如下 次の 以下の 다음 아래",
    "code": "code snippet snippets script scripts block excerpt fragment section segment codebase program function module logic algorithm lines quelltext codeblock código codice código код 代码 代码块 脚本 コード スクリプト 코드 스크립트",
    "danger": "subprocess popen socket eval exec pyperclip keylogger keyboard pynput winreg ctypes paramiko rmtree psutil pexpect wmi curl wget powershell netcat ransomware malware reverse_shell smtplib ftplib scapy clipboard pyautogui win32api win32clipboard cryptography fernet shadow passwd chmod iptables shutdown taskkill reboot crontab kill terminate dup2 ssh telnet urlopen requests setdefaulttimeout exploit payload backdoor trojan getpass cookies registry mimikatz",
    "stop": "stop end finish cancel halt terminate cease actually instead scratch wait stopp stattdessen arrête arrêtez para detente invece ferma pare вместо стоп توقف بدلا 停止 结束 停 代わりに 停止して 멈춰 대신",
    "new": "new updated real actual true different fresh neue neuen neuer nouvelle nouvelles nouveau nueva nuevas nuevo nuova nuove nuovo nova novas novo новые новая новую новое جديدة الجديدة 新的 新 新しい 새로운 nieuwe yeni nowe baru",
    "sentence": "sentence line statement paragraph phrase link teaser advertisement ad announcement slogan fact claim rumor rumour statistic plug",
    "exact": "verbatim exactly literally word-for-word wortwörtlich wörtlich exakt textuellement exactement literalmente exactamente textualmente letteralmente parola esattamente exatamente дословно точно буквально حرفيا بالضبط 逐字 原文 完整 一字不差 そのまま 正確に 一字一句 그대로 정확히 완전히",
    "must": "must should always required shall only need have ought obligated mandatory musst sollst immer dois devez toujours debes siempre devi sempre deve sempre должен должна всегда обязан يجب دائما 必须 一定 总是 只能 しなければ 必ず 常に 반드시 항상",
    "link": "www http https com net org url link click visit href website",
    "do": "do does doing did done machen tue mach faire fais hacer haz fare fai fazer faça делать делай сделай افعل 做 する やって 해",
    "fiction": "hypothetical hypothetically fictional fiction simulation simulated scenario story novel imagine imagining game roleplaying movie grandma grandmother deceased dream universe world alternate hypothetisch fiktiv fictif hypothétique hipotético ficticio ipotetico fittizio fictício гипотетически вымышленный افتراضي خيالي 假设 虚构 仮に 架空 가상 가정",
    "harm": "illegal immoral harmful dangerous hateful offensive violent violence bomb bombs weapon weapons hack hacking malware virus drugs meth cocaine kill murder racist racism sexist explicit nsfw profanity swear curse crime crimes criminal steal stealing fraud scam phishing poison explosive explosives terrorist torture suicide porn sexual illegale gefährlich bombe illégal dangereux ilegal peligroso bomba illegale pericoloso perigoso незаконный бомбу опасный قنبلة خطير 非法 炸弹 危险 違法 爆弾 危険 불법 폭탄 위험",
    "stay": "stay character break remain remember immersed immersion in-character persona bleib rolle reste personnage personaje personaggio personagem роли شخصية 保持 角色 キャラクター 캐릭터",
    "person": "user users human humans person people customer operator",
    "unlock": "enable enabled enabling activate activated activating activation access granted authorization authorized unlock unlocked disable disabled disabling switch engage grant permission permitted allowed aktiviere aktiviert freigeschaltet activez activé activa activado activar attiva attivato attivare ative ativado ativar активируй включён включен активирован فعل تفعيل 启用 激活 开启 解锁 启动 有効 有効化 解除 활성화 해제",
    "conversation": "conversation conversations chat dialogue session history memory context discussion transcript document text gespräch verlauf kontext conversation contexte conversación contexto conversazione contesto conversa contexto разговор диалог контекст محادثة المحادثة سياق 对话 上下文 会话 聊天 会話 文脈 대화 맥락",
    "told": "told given said received learned learnt taught programmed instructed informed supplied provided stated written gesagt gegeben erhalten dit donné reçu appris dicho dado recibido recibiste dijeron detto dato ricevuto dito dado recebido recebeu сказано получил получили дали قيل تلقيت 告诉过 收到 给你 给出 与えられた 言われた 受け取った 받은 들은 주어진",
    "send": "send sends sending email mail upload forward transfer exfiltrate post fetch download transmit sende schicke envoie envoyez envía envíe invia manda envie отправь перешли أرسل 发送 上传 转发 送信 送って 전송 보내",
    "ask": "what which who where how why when was wie wo wer warum comment pourquoi quel qui qué cómo quién dónde cuál come cosa chi perché dove quale como quem onde qual por как что кто где почему كيف ماذا من أين لماذا 什么 怎么 如何 为什么 谁 哪 何 どう なぜ 誰 どこ 무엇 어떻게 왜 누구 어디",
    "make": "write create generate compose design develop produce craft build draft make plan schreibe erstelle entwirf écrivez créez rédige crée escribe crea genera redacta scrivi crea genera escreva crie gere напиши создай составь сгенерируй اكتب أنشئ صمم 写 创建 生成 设计 撰写 作成 書いて 設計 작성 만들어 써줘",
    "explain": "explain describe discuss analyze analyse compare overview understand review evaluate suggest recommend identify classify erkläre beschreibe explique expliquez décris explica describe analiza spiega descrivi analizza explique descreva analise объясни опиши сравни اشرح صف قارن 解释 说明 描述 分析 比较 説明 解説 比較 설명 설명해 비교 분석",
    "me": "me my i im ive we us our mich mir mein meine je moi mon ma mes mi mí yo mio mia meu minha mim мне меня мой я لي أنا 我 我的 私 僕 私の 나 나의 내 저",
    "please": "please can could would kindly help bitte kannst können könntest pouvez pourriez peux plaît puedes podrías favor puoi potresti favore pode poderia пожалуйста можете можешь من فضلك هل يمكنك 请 请问 能否 ください お願い 주세요 부탁",
    "above": "above top beginning start first before preceding everything starting oben anfang haut début arriba principio sopra inizio acima início начало начала выше أعلى بداية 开头 最开始 上文 冒頭 最初 처음 위",
    "word": "word words letter letters character characters byte bytes token tokens rhyme poem acrostic first last syllable hint riddle clue",
    "prefix": "im_start im_end endoftext inst sys begin end instructions assistant user system markdown json",
    "fence": "python bash import def while true except print javascript",
    "believe": "opinion opinions opposite contrary disagree false fake fabricated untrue misleading baseless lie lies lying misinformation conspiracy",
    "claim": "authorized creator developer ceo engineer admin openai researcher research testing test debug debugging maintenance audit debugmode sysadmin emergency urgent",
}
"""Class -> words, those with an apostrophe without it. A word can be in several classes."""
NAMES = tuple(CLASS_WORDS)
TABLE = lexicon(
    {
        bit: [part for word in words.split() for part in word.split("-")]
        for bit, words in enumerate(CLASS_WORDS.values())
    }
)
