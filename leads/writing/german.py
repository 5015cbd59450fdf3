"""The words by which German messages are read: what they ask for, about what, and who gives orders in them.

Patterns as text, to be joined with the English ones: people mix the two, and a reader of both needs no switch.
"""

from __future__ import annotations

from leads.facts import Intent

# Who asks not to be called wants no call.
CALL_ME = (
    r"(?<!kein )(?<!keine )(?<!keinen )(?<!ohne )rückruf|ruf(?:en|t)? (?:sie )?(?:mich|uns)\b(?! (?:bitte )?nicht)"
)
INTENTS = {
    Intent.PRICING: r"preis\w*|kost(?:et|en)\b|kosten(?:voranschlag|rahmen|punkt|modell)"
    r"|(?<!unsere )(?<!unseren )angebote?s?\b"
    r"|angebot(?:serstellung|sanfrage)"
    r"|lizenz\w*|tarif\w*|gebühr\w*|konditionen\b|rabatt\w*|mengenrabatt|wie\s*viel\b(?!\s+(?:zeit|aufwand))|teuer\b|abo(?:nnement)?s?\b"
    r"|pro (?:nutzer|monat|arbeitsplatz)\b|testphase|probe(?:zeit|monat|abo)\b|vertragslaufzeit|kündigungsfrist"
    r"|mindestlaufzeit|kostenlos\w* (?:test\w*|version|ausprobieren|variante)|testzugang|einrichtungs(?:gebühr|kosten)",
    Intent.DEMO: r"(?:produkt|live|online)-?demo\w*|demo(?:termin|version|zugang)\w*|(?:vorführ|vorzuführ"
    r"|vorzustell)\w*|produktvorstellung"
    r"|präsent(?:ation|ier)\w*|(?:uns|mir)\b.{0,50}\b(?:vorstellen|vorführen|zeigen)\b|zeigen sie (?:uns|mir)"
    r"|(?:live|in aktion) (?:sehen|ansehen|erleben)|einmal (?:sehen|ansehen|anschauen)"
    r"|(?:einen|ein|kurzen|nächsten) termin\b|termin(?:e)? (?:vereinbar|ausmach|mach|find)\w*|terminvorschl\w+"
    r"|(?:wann|wie) (?:passt|hätten|haben) (?:es )?(?:sie|ihnen)\b(?: zeit)?|"
    + CALL_ME
    + r"|beratungsgespräch|kennenlern\w*|gespräch (?:vereinbar|führ)\w*",
    Intent.INTEGRATION: r"schnittstelle\w*|anbind\w+|anzubinden|angebunden|koppel\w*|integrier\w*"
    r"|einbind\w+|kompatib\w+"
    r"|synchronis\w+|(?:arbeit|funktionier|läuf|klapp|versteh|verbind)\w*\b.{0,30}\bmit (?:sap|datev"
    r"|salesforce|hubspot|shopify"
    r"|excel|outlook|teams|microsoft|google|unser\w* (?:crm|erp|system|software|warenwirtschaft))"
    r"|mit (?:sap|datev|salesforce|hubspot|shopify|excel|outlook|slack|microsoft|google"
    r"|teams)\b.{0,50}\b(?:funktionier|arbeit|läuf|kompatib|klapp|verbind|verknüpf|geht)\w*|datenübernahme|datenimport"
    r"|importier\w*|migrier\w+|datenmigration|altdaten|bestandsdaten",
    Intent.SECURITY: r"datenschutz\w*|dsgvo\b|auftragsverarbeitung\w*|av-?vertrag\w*|avv\b"
    r"|(?<!mit )sicherheit\w*|it-sicherheit\w*"
    r"|verschlüssel\w+|rechenzentr\w+|serverstandort\w*|speicherort|(?:wo|in welchem land)\b.{0,40}\bdaten\b"
    r"|daten\b.{0,40}\b(?:gespeichert|gehostet|abgelegt|verarbeitet)|gehostet|zertifi\w+|tisax\b|betriebsrat"
    r"|zugriffsrechte?\b|berechtigung(?:en|skonzept)?\b|einmalanmeldung",
    Intent.SUPPORT: r"(?:geht|läuft|lädt|funktionier(?:t|en)|startet|klappt|reagiert|synchronisiert"
    r"|öffnet)\b[^.?!\n]{0,40}\bnicht\b"
    r"(?!\s*(?:nur|auch))(?![^.!\n]*\?)|nicht (?:mehr )?(?:anmelden|einloggen|zugreifen|öffnen)"
    r"|fehlermeldung\w*|fehlercode\w*"
    r"|(?:bekomm|erhalt|zeigt|erscheint|kommt|seh)\w*\b.{0,30}\bfehler\b|störung\b|stürz\w+\b.{0,30}\bab\b|abgestürzt|absturz"
    r"|passwort\b.{0,20}(?:zurücksetzen|vergessen)|ausgesperrt|(?:mein|unser) ticket|ticketnummer"
    r"|supportfall|hängt sich auf",
    Intent.PARTNERSHIP: r"partner(?:schaft|programm|modell|vertrag|status|werden)\w*|(?:ihr|vertriebs"
    r"|implementierungs)-?partner\b"
    r"|als (?:\w+)?partner\b|wiederverkäuf\w+|weiterverkauf\w*|weiterverkäuf\w+|kooperation\w*|provision\w*|händler\b"
    r"|empfehlungsprogramm",
}

ASKS = (
    r"\b(?:könnt?en|würden|haben|bieten|geben|wären) sie\b"
    r"|\b(?:wir|ich) (?:möchten?|würden?|wollen|will|hätten?)\b.{0,60}\b(?:wissen|erfahren|sehen|verstehen"
    r"|haben|klären)\b"
    r"|\b(?:bitten|bitte|ersuchen) (?:wir |ich )?(?:sie )?um\b|\bfragt,? (?:ob|wo|wie|was|wer|welche\w*)\b"
    r"|\bbitte (?:senden|schicken|teilen|nennen|erklären|sagen|geben|informieren|machen|unterbreiten|um)\b"
    r"|\binteressier(?:t|en)\b.{0,20}\b(?:ob|wie|was|wo|welche\w*)\b|\b(?:benötig|brauch|bräucht"
    r"|wünsch)\w* (?:wir|ich)\b.{0,60}\b(?:angebot|preis\w*|auskunft|informationen|infos|angaben)\b"
    r"|\b(?:mich|uns) (?:interessiert|würde)\b"
    r"|^(?:und |auch )?(?:was|wie|wo|wann|wer|welche\w*|wie\s?viele?|gibt|bieten?|unterstützt|unterstützen"
    r"|funktioniert|läuft"
    r"|lässt|lassen|geht|kann|können|ist|sind|braucht|brauchen wir)\b .{5,}"
    r"|\b(?:frage|fragen|wissen|klären|unklar|offen|überlegen),? (?:uns |mich )?,?\s?(?:ob|wie|was|welche\w*|wo|wann)\b"
    r"|\b(?:wir|ich) (?:benötigen?|brauchen?|bitten?)\b.{0,40}\b(?:angebot|preis\w*|auskunft|informationen|infos)\b"
    r"|\bwäre (?:gut|wichtig|hilfreich|interessant) zu wissen\b"
)

TOPICS = {  # how one who asks says it, and how one who answers does
    "discounts": (r"rabatt\w*|mengenrabatt\w*|staffelpreis\w*|nachlass|skonto|günstiger", r"ermäßigt\w*|staffel\w*"),
    "trial": (
        r"test(?:phase|zugang|version|zeitraum|konto|lauf|betrieb)\w*|probe(?:zugang|phase|monat|zeit|lauf)\w*|pilot(?:projekt|phase)\w*"
        r"|ausprobier\w*|vorab (?:einmal )?testen|kostenlos\w* test\w*|testen\b",
        r"zu einem test\b",
    ),
    "contract": (
        r"vertrags?(?:laufzeit\w*|bindung|dauer)?\b(?! zur auftragsverarbeitung)|(?:mindest)?laufzeit\w*|kündig\w*"
        r"|kündbar\w*",
        r"gekündigt",
    ),
    "billing": (
        r"abrechn\w*|rechnung(?:en|sstellung)?\b|zahlungs\w+|zahlweise|(?:jährlich"
        r"|monatlich)\w* (?:zahl|abrech)\w*",
        r"abgerechnet",
    ),
    "set_up_cost": (
        r"einrichtungs(?:gebühr|kosten)\w*|einmalkosten|einmalige (?:kosten|gebühr)\w*"
        r"|einführungskosten",
        r"einrichtung\w*|einmalig",
    ),
    "api": (r"rest-?(?:api|schnittstelle)|programmierschnittstelle", ""),
    "migration": (
        r"datenübernahme|datenmigration|datenimport|migrier\w*|umzieh\w*|umzug|bestandsdaten|altdaten|importier\w*"
        r"|daten\w*\b.{0,40}\b(?:übernehm|übernomm|mitnehm|übertrag)\w*|(?:übernehm|übertrag)\w*\b.{0,40}\bdaten\w*",
        r"übernahme ihrer daten",
    ),
    "single_sign_on": (r"einmalanmeldung|active directory", ""),
    "data_location": (
        r"(?:wo|in welchem land)\b.{0,40}\bdaten\b|daten\w*\b.{0,40}\b(?:gespeichert|gehostet|abgelegt"
        r"|liegen|verarbeitet)\b"
        r"|speicherort|server(?:standorte?)?\b|rechenzentr\w+|gehostet|eigenen? servern?\b"
        r"|lokal (?:installier|betreib)\w*",
        r"daten\b.{0,30}\b(?:bleiben|liegen|stehen)\b",
    ),
    "privacy": (r"datenschutz\w*|auftragsverarbeitung\w*|av-?vertrag\w*|avv\b", ""),
    "certificates": (r"zertifi\w+|tisax\b|prüfbericht\w*|penetrationstest\w*|audits?\b", r"geprüft|auditiert"),
    "access": (
        r"rollen\b|rollenkonzept|berechtigung\w*|zugriffsrecht\w*|benutzerrecht\w*",
        r"rechten?\b",
    ),
    "encryption": (r"verschlüssel\w+", ""),
    "onboarding": (
        r"einführ(?:en|ung|ungszeit)\b|eingeführt|schulung\w*|schulen\b|einarbeit\w*|implementier\w*|rollout|inbetriebnahme|einrichten"
        r"|(?:wie lange|wie schnell|wie aufw[eä]ndig)\b.{0,60}\b(?:dauer|einführ|start|umsetz|einricht"
        r"|produktiv|live|einsatz)\w*|startklar",
        r"",
    ),
    "call": (
        CALL_ME + r"|(?:beratungs)?gespräch|termin|kennenlern\w*",
        "",
    ),
    "service": (
        r"(?:ihr|der|euer|welch\w+|deutsch\w*|telefonisch\w*|technisch\w*) support\b|supportzeiten"
        r"|ansprechpartner\w*|hotline|erreichbar\w*"
        r"|servicezeiten|reaktionszeit\w*|verfügbarkeit|kundendienst",
        r"support\b",
    ),
    "reporting": (r"bericht(?:e|en|swesen)?\b|auswert\w+|kennzahl\w*|statistik\w*|exportier\w*|reportings?\b", ""),
    "mobile": (r"mobil(?:e|en|er|es|geräte?n?)?\b|handys?\b|smartphones?\b|apps?\b|unterwegs|offline\b", ""),
    "languages": (
        r"sprachen?\b|mehrsprachig\w*|übersetz\w+|deutschsprachig\w*"
        r"|(?:auf|in) (?:deutsch|englisch|französisch|spanisch|polnisch|italienisch)\w*",
        "",
    ),
    "references": (
        r"referenz\w*|fallstudie\w*|praxisbeispiel\w*|anwenderbericht\w*|ähnliche\w* (?:kunden|unternehmen"
        r"|firmen|betrieb\w*|projekt\w*)",
        "",
    ),
    "customisation": (
        r"anpass\w+|angepasst|individuell\w*|konfigurier\w*|abläufen?\b|arbeitsabläufe?n?\b"
        r"|maßgeschneidert\w*",
        "",
    ),
    "limits": (
        r"grenzen?\b|begrenzung\w*|skalier\w*|kapazität\w*|performance|wie viele\b.{0,40}\bmaximal"
        r"|maximal\w*",
        "",
    ),
    "reselling": (
        r"wiederverkäuf\w*|weiterverkauf\w*|weiterverkäuf\w*|provision\w*|margen?\b"
        r"|händlerkondition\w*",
        r"konditionen für partner",
    ),
}

ORDERS = r"""
    \b(?:ignorier|vergiss|vergesst|vergessen\s+sie|missacht|überschreib|umgeh)\w*\b .{0,60}
      \b(?:anweisung|anleitung|regel|prompt|vorgabe|instruktion|vorherig|obig|bisherig|richtlinie)
    | \bsystem-?prompt | \bsystemnachricht | \bentwicklermodus
    | \bdu\s+bist\s+(?:jetzt|nun|ab\s+sofort)\b | \bsie\s+sind\s+(?:jetzt|nun|ab\s+sofort)\s+ein
    | \b(?:verhalte|benimm|verhalten)\s+(?:dich|sie\s+sich)\s+(?:wie|als)\b | \btu\s+so\s*,?\s+als\b
    | \b(?:füg|ergänz|setz|erwähn|bau|nimm|verlink)\w*\b .{0,60}
      \b(?:link|url|webseite|website|satz|signatur|fußzeile|https?|www)\b
    | \b(?:schreib|verwend|klick)\w*\b .{0,40} (?:\blink\b|https?://|www\.)
    | \b(?:zeig|gib|gebt|nenn|verrat|wiederhol|list|leg|druck)\w*\b .{0,50}
      \b(?:prompt|anweisungen|systemanweisung|api-?schlüssel|passw\w+|zugangsdaten|geheimnis\w*|kundenliste|kundendaten
      |alle\w?\s+kunden)
    | \b(?:schreib|antwort|beginn)\w*\b .{0,30} \b(?:nur\s+mit|ausschließlich|mit\s+dem\s+(?:wort|satz)|mit\s+genau)\b
    | \b(?:bestätig|versprich|versprech|garantier|sag|sicher|schreib)\w*\b .{0,50}
      (?:\b(?:kostenlos|gratis|umsonst|kostenfrei|rabatt|prozent|garantie|geld\s+zurück)\w* | %)
    | \b(?:send|schick|leit|mail|weiterleit)\w*\b .{0,60} \ban\s+\S+@\S+
    | \bneue\s+(?:anweisung|instruktion)\w* | \bals\s+(?:ki|sprachmodell|künstliche\s+intelligenz)\b
"""

COPIES = (
    r"\b(?:setz|nehm|nimm|füg)\w*\b.{0,60}\b(?:in\s+(?:b?cc|kopie|den\s+verteiler)|dazu|hinzu)\b"
    r"|\b(?:b?cc|kopie)\b.{0,30}\b(?:kolleg\w+|chef\w*|vorgesetzt\w+|geschäftsführ\w+|\S+@\S+)"
)

# With an eye on capitals: a name is what follows, not a pronoun.
OTHERS = r"""
    (?i:\bwas\s+(?:zahlt|zahlen|bezahlt|bezahlen|bekommt|kriegt))\s+(?:(?i:ihr|die\s+firma)\s+)?[A-ZÄÖÜ](?!ie\b|hnen\b)\w+
    | (?i:\bwas|\bwelche\w*\s+\w+)\s+(?i:haben\s+sie)\s+(?:(?i:der\s+firma|der|dem|bei)\s+)?[A-ZÄÖÜ]\w+\s .{0,30}
      (?i:angeboten|berechnet|gegeben|verkauft|gemacht|verlangt)
    | (?i:\bander\w+\s+(?:kund|interessent|firmen|unternehmen)\w* .{0,50}
      \b(?:zahl|bezahl|preis|rabatt|angebot|kondition|bekomm)\w*)
    | (?i:\b(?:was|wie\s?viel)\b .{0,30} \bander\w+\s+(?:kund|firmen|unternehmen)\w*)
    | (?i:\b(?:gleich|selb|denselb|dieselb|besser|ähnlich)\w*\s+(?:preis|kondition|angebot|rabatt)\w*\s+wie\s+)[A-ZÄÖÜ]
"""
WHO_ELSE = (
    r"\bwer\s+sind\s+ihre\s+(?:\w+\s+)?kunden\b"
    r"|\bnennen\s+sie\s+(?:mir\s+|uns\s+)?(?:alle\s+)?ihre\s+(?:\w+\s+)?kunden\b"
)

TROUBLE = {
    "what": r"\bfehler(?:code|nummer|meldung)?[\s:#(„\"-]*(?:[A-Z]+[-_ ]?)?\d{2,}"
    r"|\bfehlermeldung\b[^.\n]{0,25}[„\"][^“\"\n]{4,}[“\"]",
    "when": r"\bseit\s+(?:heute|gestern|vorgestern|montag|dienstag|mittwoch|donnerstag|freitag|dem|der"
    r"|letzte\w*|einer?|zwei|drei|\d+)\b"
    r"|\b(?:heute|gestern)\b|\bnach\s+dem\s+(?:\w+\s+)?update\b|\bletzte\s+(?:nacht|woche)\b",
    "who": r"\b(?:ganze\w*|gesamte\w*)\s+(?:team|firma|büro|abteilung|unternehmen)\b|\b(?:niemand|keiner)\b"
    r"|\ballen?\s+(?:nutzer|kolleg|mitarbeit|fahrer)\w*"
    r"|\bnur\s+(?:ich|bei\s+mir|mein\s+konto)\b|\b\d+\s+(?:nutzer|mitarbeiter|kolleg|personen)\w*",
}

GOAL = (
    r"\b(?:wir|ich)\s+(suchen?|brauchen?|benötigen?|möchten?|wollen|will)\s+(?:derzeit\s+|aktuell\s+|gerade\s+|dringend\s+|gerne?\s+)?"
    r"([^.?!,;:()\n]{6,140})"
)
GOAL_STOPS = (
    r"\s+(?:aber|weil|da|denn|damit|wenn|falls|sodass|und\s+(?:wir|ich|würden|möchten|wollen|bitte|können|haben|brauchen|auch|fragen"
    r"|wüssten|hätten|suchen))\b"
)
GOAL_NEVER = (
    r"\b(?:wissen|erfahren|hören|sehen|ansehen|anschauen|sprechen|reden|gespräch\w*|termin\w*|\w*demo\w*|vorführ\w*|\w*angebot\w*|\w*preis\w*"
    r"|kosten\w*|info\w*|frag\w*|anfrag\w*|kontakt\w*|kauf\w*|sie|ihnen|ihr\w*|uns|mir|mich|sich|ich|dich|du|kostenlos\w*|gratis|umsonst"
    r"|rabatt\w*|garantie\w*|garantiert\w*|anhang|partner\w*|hilfe|rückruf\w*|kennenlernen|testen|werden|haben|erstatt\w*)\b"
)
MODAL = frozenset({"möchte", "möchten", "will", "wollen"})
OURS_TO_YOURS = {
    "unser": "Ihr", "unsere": "Ihre", "unseren": "Ihren", "unserem": "Ihrem", "unserer": "Ihrer", "unseres": "Ihres",
    "mein": "Ihr", "meine": "Ihre", "meinen": "Ihren", "meinem": "Ihrem", "meiner": "Ihrer", "meines": "Ihres",
    "wir": "Sie",
}  # fmt: skip
QUANTITY = (
    r"nutzer(?:n|innen)?|usern?|benutzern?|anwendern?|mitarbeitern?|mitarbeiterinnen|mitarbeitenden?|beschäftigten?|arbeitspl[aä]tzen?"
    r"|lizenzen|standorten?|filialen|fahrzeugen?|fahrern?|personen|leuten?|kolleg(?:en|innen)|kunden|geräten?|entwicklern?|vertrieblern?"
)
FILLER = """
    aber alle also auch auf bitte dann das dass dem den der des die diese dieser doch durch eine einem einen einer eines
    etwas euch für gern gerne gibt guten haben hallo hätten hier ihnen ihre ihrem ihren ihrer immer jetzt kann können
    könnten mehr mich mit möchte möchten nach nicht noch nur oder sehr sein sich sie sind über und uns unser unsere
    unserem unseren unserer vielen vom von was welche welchem welchen welcher wenn werden wie wir wird
    würden wäre zum zur
"""

DAYS = r"montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag"
MONTHS = r"januar|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember"
ATTACHED = r"\bim\s+anhang\b|\bbeigefügt\w*|\banbei\b|\bangehängt\w*|\bdie\s+anlage\b|\bals\s+anlage\b"
PROMISES = (
    r"\bgaranti\w+|\b(?:wir|ich)\s+versprech\w+|\bversprochen\b|\bkostenlos\w*|\bkostenfrei\w*|\bgratis\b|\bumsonst\b|\bunentgeltlich\w*"
    r"|\brabatt\s+von\b|\b(?:einen|ihren|diesen|besonderen)\s+(?:\w+\s+)?(?:rabatt|nachlass)\b|\brückerstatt\w*|\bgeld\s+zurück\b"
    r"|\bunbegrenzt\w*|\bunbeschränkt\w*|\b(?:innerhalb|binnen)\s+(?:von\s+)?(?:eine[rsm]?|zwei|drei|vier|weniger|\d+)\s+\w+"
    r"|\b(?:voll|vollständig|100\s?%)\s+(?:konform|sicher|zertifiziert)|\bzertifiziert\w*|\bsonder(?:preis|angebot|kondition|rabatt)\w*"
    r"|\bwir\s+werden\b[^.?!\n]{0,60}\b(?:liefern|bauen|umsetzen|einrichten|erlassen)\b|\bverfügbarkeit\s+von\b"
)
"""Free things, discounts, deadlines and guarantees."""

MEETING_NAMED = (
    r"\b(?:punkten?|fragen?)\b.{0,60}\b(?:gespräch|sprechen|termin)\b"
    r"|\bim gespräch\b.{0,80}\b(?:punkten?|fragen?|auskunft)\b"
)
DEMANDS = (
    r"\bbitte\s+(?:antworten|schreiben|senden|schicken|nennen|teilen|buchen|rufen|bestätigen|wählen|melden)\b|\bgeben\s+sie\s+(?:mir|uns)\s+bescheid"
    r"|\blassen\s+sie\s+(?:mich|uns|es)\b|\bmelden\s+sie\s+sich\b|\bbuchen\s+sie\b|\bklicken\s+sie\b|\bregistrieren\s+sie\b|\bfüllen\s+sie\b"
)
PLEA = (
    r"\bkönn(?:t)?en sie (?:(?:mir|uns|bitte|da|dabei) )*(?:helfen|weiterhelfen)"
    r"|\bwas (?:kann|können|soll|sollen) (?:ich|wir) tun\b"
)
TELLTALE = (
    r"\bals\s+(?:ki|künstliche\s+intelligenz|sprachmodell)\b|\bsprachmodell\b|\bsystem-?prompt\b|\bmeine[rn]?\s+(?:anweisung|vorgabe|richtlinie)\w*"
    r"|\bvorherige[n]?\s+anweisung\w*|\bhier\s+ist\s+(?:der|die|ein|eine)\s+(?:entwurf|antwort|e-?mail)\b|\bich\s+wurde\s+angewiesen\b"
)
QUOTED = r"^\s*Am .{6,80} schrieb .{0,80}:\s*$|^-{2,}\s*(?:Ursprüngliche|Weitergeleitete) Nachricht"
