"""The words by which German messages are screened, to be joined with the English ones of `leads.screening`."""

from __future__ import annotations

BUYS = (
    r"\b(?:ihr|ihre|ihrer|ihren|ihrem)\s+(?:preis\w*|plattform|software|lösung|tool|system|demo|lizenz\w*)\b|\bwas\s+kostet\b"
    r"|\bwie\s*viel\s+kost\w+|\bwir\s+(?:suchen|brauchen|benötigen|nutzen|vergleichen|evaluieren)\b"
    r"|(?<!ihnen )\b(?:um\s+)?ein(?:e|en)?\s+(?:\w+\s+)?(?:demo|angebot|testzugang)\b(?!\s+(?:machen|unterbreiten))"
)
PITCH = (
    r"\bsuchmaschinenoptimierung\b|\bback-?links?\b|\bgastbeitr\w+|\blinkaufbau\b|\bverifizierte\s+(?:leads|kontakte)\b"
    r"|\b(?:wir|ich|unser(?:e|em)?\s+(?:team|agentur|firma|unternehmen))\b.{0,30}"
    r"\b(?:biete|unterstütze|helfe|erstelle|entwickle|übernehme|vermittle|sind\s+spezialisiert|sind\s+spezialist)\w*\b.{0,100}"
    r"\b(?:seo|webdesign|websites?|webseiten?|leadgenerierung|neukundengewinnung|outsourcing|nearshor\w+|softwareentwickl\w+"
    r"|app-?entwicklung|entwickler\w*|terminierung|kaltakquise|social\s+media|google\s+ads|personalvermittlung|recruiting)\b"
    r"|\b(?:mehr|neue|qualifizierte)\s+(?:kunden|anfragen|leads|umsatz|traffic|besucher)\b.{0,60}\b(?:gewinn|generier|bring|verschaff)\w*"
    r"|\b(?:bei|auf)\s+google\b.{0,40}\b(?:platz|seite|ranking|oben|gefunden)\b"
    r"|\bihre\s+(?:website|webseite|internetseite|homepage)\b.{0,80}\b(?:optimier|verbesser|überarbeit|gestalt|rank)\w*"
)
SELLER = (
    r"\bunser\w*\s+(?:agentur|leistungen|dienstleistung\w*|entwickler|referenzen|portfolio|freelancer)\b"
    r"|\bals\s+(?:agentur|dienstleister|freelancer)\b|\bseo\b|\bunverbindlich\w*\s+(?:telefonat|gespräch|erstgespräch|austausch)\b"
    r"|\bkurze[rsn]?\s+(?:telefonat|gespräch|call|austausch)\b|\bihnen\s+(?:gern\w*\s+)?(?:ein\s+)?(?:\w+\s+)?angebot\s+(?:machen|unterbreiten)\b"
)
APPLIES = (
    r"\binitiativbewerbung\b|\bbewerbe\s+(?:ich\s+)?mich\b|\bmeine\s+bewerbung\b|\bbewerbung\s+(?:als|um|für|auf)\b"
    r"|\bmein(?:en)?\s+lebenslauf\b"
    r"|\b(?:suche|suchend)\b.{0,40}\b(?:praktikum\w*|ausbildungsplatz|anstellung|festanstellung|werkstudenten\w*|job|neue\w*\s+stelle)\b"
    r"|\b(?:freie|offene)n?\s+stellen?\b|\bstellen(?:ausschreibung|anzeige)\b|\bpraktikumsplatz\b"
)
JUNK = (
    r"online-?casino|freispiele|potenzmittel|kredit\s+ohne\s+schufa|(?:bitcoin|krypto)\w*\s+(?:gewinn|investi)\w*"
    r"|sie\s+haben\s+gewonnen|gewinn\s+(?:abholen|sichern)|schnell\s+geld\s+verdienen|sexkontakte"
)
AUTOMATIC = (
    r"^\W*(?:automatische\s+(?:antwort|rückmeldung)|abwesenheits(?:notiz|meldung|assistent)|unzustellbar)\b"
    r"|\bich\s+bin\b.{0,60}\b(?:nicht\s+im\s+(?:büro|haus)|abwesend|im\s+urlaub|außer\s+haus|in\s+elternzeit)\b"
    r".{0,200}\b(?:vertretung|dringend\w*|nach\s+meiner\s+rückkehr|wieder\s+(?:erreichbar|im\s+(?:büro|haus))|melde\s+mich)\b"
)
LEAVE_ALONE = (
    r"\b(?:kontaktier|schreib|mail|belästig)\w*\s+(?:sie\s+)?(?:bitte\s+)?(?:mich|uns|mir)\b.{0,30}"
    r"\b(?:nicht\s+(?:mehr|wieder|länger)|nie\s+(?:mehr|wieder))\b"
    r"|\bkeine\s+(?:weitere\s+)?kontaktaufnahme\b|\blass(?:en|t)\s+(?:sie\s+)?(?:mich|uns)\s+(?:bitte\s+|endlich\s+)?in\s+ruhe\b"
    r"|\b(?:möchten?|will|wollen|wünschen?)\b.{0,40}\b(?:nicht\s+(?:mehr\s+)?(?:kontaktiert|angeschrieben)|keinen\s+(?:weiteren\s+)?kontakt)\b"
    r"|\bunterlassen\s+sie\b.{0,40}\b(?:kontakt\w*|e-?mails?|werbung|anrufe)\b"
    r"|\bwiderspreche\b.{0,60}\b(?:werbung|kontakt\w*|verarbeitung|nutzung)\b"
)
OFF_THE_LIST = (
    r"\b(?:nehmen|streichen|löschen|entfernen|tragen)\s+sie\s+(?:bitte\s+)?(?:mich|uns|meine)\b.{0,50}"
    r"\b(?:verteiler|newsletter|liste|datenbank|verzeichnis)\w*"
    r"|\btragen\s+sie\s+(?:mich|uns)\s+(?:bitte\s+)?aus\b|\blöschen\s+sie\s+(?:bitte\s+)?(?:alle\s+)?meine\s+daten\b"
    r"|\b(?:newsletter|verteiler)\b.{0,30}\b(?:abmelden|abbestellen|austragen)\b"
    r"|\bkeine\s+(?:weiteren?\s+)?(?:e-?mails?|mails?|newsletter|werbung|nachrichten)\s+(?:mehr\b|bitte\b|von\s+ihnen\b|zusenden\b|erhalten\b)"
    r"|^\W*(?:bitte\s+)?(?:abmelden|abbestellen|austragen)\W*$"
)
ONLY_NOT_SO = (
    r"\b(?:telefonisch|per\s+(?:telefon|e-?mail|post)|sondern|lieber|stattdessen|außer|wenn|falls|bis|vor|diese\s+woche|heute"
    r"|alten?\s+adresse)\b"
)
BUYING = r"\b(?:preis\w*|kostet|kosten|angebot\w*|testzugang|kaufen|lizenz\w*)\b"
NO_REPLY = r"\b(?:keine\s+antwort|kein\s+rückruf|keine\s+rückmeldung)\s+(?:ist\s+)?(?:nötig|notwendig|erforderlich)\b"
DECLINES = (
    r"\b(?:wir|ich)\s+(?:haben|habe)\s+(?:uns|mich)\b.{0,40}\b(?:anders|für\s+(?:einen|eine|ein)\s+ander\w+|dagegen)\b.{0,40}\bentschieden\b"
    r"|\b(?:kein|keinerlei)\s+(?:weiteres\s+)?(?:interesse|bedarf)(?:\s+mehr)?\b|\bnicht\s+(?:mehr|länger)\s+interessiert\b"
    r"|\bhat\s+sich\s+(?:damit\s+|für\s+uns\s+)?erledigt\b"
)
NO_BUYER = (
    r"\b(?:möchten?|will|wollen|werden?)\b.{0,20}\bnichts?\s+kaufen\b|\bkein(?:e|en)?\s+kauf(?:absicht\w*|interesse)\b"
)
INTERVIEW = (
    r"\b(?:masterarbeit|bachelorarbeit|abschlussarbeit|umfrage|studie|forschung\w*|interviewpartner\w*|journalist\w*"
    r"|hochschule|universität)\b"
)
MAY_STILL_ASK = (
    r"\b(?:aber|jedoch|allerdings|trotzdem|sondern|damals|letzte\w*|vor\s+\w+\s+jahr\w*|jetzt|nun|unzufrieden|wechsel\w*|suchen?|brauchen?"
    r"|benötig\w*|möchten?|würden?|hätten?|könn\w+|preis\w*|kost\w+|angebot\w*|demo|test\w*|partner\w*|schnittstelle\w*|problem\w*|fehler"
    r"|support|bis|wenn|falls)\b"
)
