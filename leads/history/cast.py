"""Who writes to Northwind in the demo: people, their companies, and what they ask. All of it is made up."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import cast

from leads.samples import FORMS

CONTACT, DEMO = FORMS
PRICING, PARTNERS, GERMAN, WEBINAR, OLD = (f"8f6d7a1e-2b54-4c1e-9a53-0d6f3b7c1a{number:02}" for number in range(3, 8))
MORE_FORMS = {
    PRICING: "Pricing calculator",
    PARTNERS: "Partner programme",
    GERMAN: "Kontakt (deutsch)",
    OLD: "Spring campaign",
}
"""Allowed beside `FORMS`; the last is switched off. `WEBINAR` sends, and nobody has allowed it."""

PAGES = {
    CONTACT: ("https://northwind.example/contact", "Contact sales"),
    DEMO: ("https://northwind.example/demo", "Request a demo"),
    PRICING: ("https://northwind.example/pricing", "Pricing"),
    PARTNERS: ("https://northwind.example/partners", "Become a partner"),
    GERMAN: ("https://northwind.example/de/kontakt", "Kontakt"),
    WEBINAR: ("https://northwind.example/webinar", "Webinar: from form to meeting"),
    OLD: ("https://northwind.example/spring", "Spring offer"),
}

TITLES = (
    "Head of Sales Operations",
    "VP Sales",
    "RevOps Manager",
    "Chief Revenue Officer",
    "Sales Director",
    "Operations Manager",
    "Managing Director",
    "Head of Growth",
    "IT Manager",
    "Marketing Lead",
    "CRM Administrator",
    "Head of Procurement",
    "Founder",
    "Business Development Manager",
    "Commercial Director",
)


@dataclass(frozen=True, slots=True)
class Place:
    """A country, and names that are usual in it; `share` is how many of a hundred prospects come from there."""

    country: str
    share: int
    first: str
    last: str
    companies: str


PLACES = (
    Place(
        "United Kingdom",
        22,
        "Amelia Oliver Priya Callum Hannah Imogen Rhys Zara Dominic Freya Kwame Isla Nathan Aisha Toby",
        "Whitcombe Okafor Ellis Prentice Marlow Sharma Ashdown Tennant Beckett Farrow Lockwood Adeyemi Hale Greaves",
        "Bright Freight;Larkfield Homes;Pennant Legal;Otter & Rowe;Moorland Dairy;Saltmarsh Energy;Kestrel Fleet;"
        "Fenwick Tools;Harrowgate Clinics;Copperline Media;Thistle Insurance;Quarry Lane Foods",
    ),
    Place(
        "United States",
        24,
        "Marcus Elena Tyler Naomi Jordan Grace Devon Camila Ethan Brooke Andre Paige Wesley Monica Caleb",
        "Delgado Hutchins Brennan Caldwell Nguyen Foster Ramirez Whitaker Sinclair Boyd Langston Pruitt Okoye Reyes",
        "Tallpine Software;Ridgeway Robotics;Blue Mesa Solar;Carver Logistics;Union Street Health;Prairie Grain Co;"
        "Harbor Peak Capital;Sagebrush Outfitters;Lumen Dental Group;Ironbridge Steel;Maple & Finch;Northgate Schools",
    ),
    Place(
        "Germany",
        18,
        "Hannah Lukas Katrin Jonas Mareike Stefan Annika Florian Birgit Matthias Leonie Henrik Silke Tobias",
        "Weiss Brandt Lindner Kessler Vogt Hartmann Reuter Baumann Seidel Krämer Thiele Jansen Böhm Wenzel",
        "Kornfeld Bau;Hansa Kühlkette;Rheintal Maschinen;Falkenberg Medizintechnik;Nordlicht Solar;Ostsee Reederei;"
        "Buchwald Verlag;Isarwerk Software;Schwarzwald Holz;Elbe Logistik;Märkische Kliniken",
    ),
    Place(
        "Netherlands",
        8,
        "Sanne Daan Lotte Bram Femke Jeroen Maud Thijs",
        "de Vries Bakker Visser Mulder van Dijk Hoekstra Smits",
        "Polder Agritech;Zuiderzee Shipping;Kanaal Interieur;Tulpenveld Retail;Delta Pompen",
    ),
    Place(
        "Sweden",
        7,
        "Sofie Erik Maja Gustav Linnea Oskar Ebba Viktor",
        "Lindqvist Berglund Nyström Sandberg Holm Ekström Dahl",
        "Nordvik Energi;Skärgård Båtar;Fjällbo Möbler;Mälar Finans;Björkdal Papper",
    ),
    Place(
        "Ireland",
        6,
        "Liam Aoife Cian Niamh Declan Orla Ronan Saoirse",
        "Doyle Kavanagh Brophy Nolan Tierney Sheehan Quinlan",
        "Quayline Freight;Shannon Pharma;Liffey Payments;Burren Stone;Atlantic Seafoods",
    ),
    Place(
        "Spain",
        5,
        "Lucía Álvaro Marta Javier Inés Pablo Nerea Hugo",
        "Navarro Ortega Campos Herrero Vidal Rueda Santos",
        "Costa Verde Hoteles;Olivar del Sur;Puerto Norte;Talleres Iruña",
    ),
    Place(
        "Denmark",
        5,
        "Freja Mikkel Signe Rasmus Astrid Anders Karla Emil",
        "Holm Kjær Lauritsen Møller Bech Skov Friis",
        "Havvind Partner;Smørgade Catering;Øresund Ejendomme;Kattegat Marine",
    ),
    Place(
        "Canada",
        5,
        "Noah Chloe Arjun Maude Owen Élise Farah Reid",
        "Tremblay Gill MacLeod Bouchard Singh Fraser Côté",
        "Lakehead Lumber;Prairie Wind Co-op;Rideau Analytics;Fundy Fisheries",
    ),
)

WANTS: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    (
        CONTACT,
        34,
        (
            "Hi, we are a team of {seats} and grow fast. What does it cost for a team of our size, and does it connect "
            "to {system}? We would like to see it in action.",
            "Hello, could you send me your price list? We have {seats} sales people across {offices} offices and want "
            "to decide before {month}.",
            "Does your product integrate with {system}? We also need single sign-on. Happy to talk next week.",
            "Our legal team asks where the data is hosted and whether you are audited. Can you send something that I "
            "can forward? We are {seats} users.",
            "We answer web leads by hand today and it takes us a day. How do you help teams like ours at {company}?",
            "I saw your case study on logistics. We have a similar problem with {seats} reps. Who can I talk to?",
            "What is the difference between your plans, and is there a discount for {seats} users?",
            "We are replacing our current tool in {month}. How long does it take to get started, and can you import "
            "from {system}?",
            "Is your data encrypted at rest? And do you have a data processing agreement we could review?",
            "Can we pay by invoice once a year? {seats} seats, maybe more later.",
        ),
    ),
    (
        DEMO,
        28,
        (
            "I'd like a demo for myself and two colleagues from {company}.",
            "Please show us how the {system} connection works. Thursday or Friday would suit us.",
            "We would like to see a demo with our own forms. We get about {seats}0 enquiries a month.",
            "Demo please, and some idea of the price for {seats} people.",
            "",
            "Could you walk us through how drafts are reviewed before anything goes out? That is the point for us.",
            "Interested in a short demo. Our team works in {system} all day, so that part matters most.",
            "We want to compare you with two other vendors. Half an hour is enough for a first look.",
        ),
    ),
    (
        PRICING,
        16,
        (
            "The calculator says {seats} users, but half of them only read. Do readers cost as well?",
            "Is there a set-up fee? And do you have a price for more than {seats} users?",
            "How much would it be for {seats} users with single sign-on?",
            "We need an offer for {seats} licences, please. Our budget closes at the end of {month}.",
        ),
    ),
    (
        PARTNERS,
        6,
        (
            "We are a HubSpot agency with {seats} clients and would like to resell Northwind. How does your partner "
            "programme work?",
            "Do you have a referral programme for consultants? Several of my clients ask for something like this.",
        ),
    ),
    (
        GERMAN,
        16,
        (
            "Guten Tag, wir suchen eine Lösung für unser Team mit {seats} Personen. Was kostet das, und lässt es sich "
            "mit {system} verbinden? Viele Grüße",
            "Hallo, können wir nächste Woche eine Vorführung bekommen? Wir sind {seats} Leute im Vertrieb.",
            "Wo werden die Daten gespeichert, und sind Sie zertifiziert? Unser Datenschutz möchte das vorab wissen.",
            "Wir hätten gerne ein Angebot für {seats} Plätze, Laufzeit ein Jahr.",
            "Bitte rufen Sie mich wegen der Anbindung an {system} zurück. Danke!",
        ),
    ),
)
"""Form, its share, and messages that come through it."""

NO_PROSPECTS = (
    "We offer SEO services and can rank your site on Google. Our agency has great rates.",
    "Hi, we can provide web development and virtual assistants for your company. Interested in outsourcing?",
    "I am applying for the position of account executive. Please find attached my CV.",
    "Congratulations, you have won! Claim your prize at www.lucky-draw.example today.",
    "Please remove me from your mailing list.",
    "We have decided to go with another vendor. Thank you for your time, no need to reply.",
)
SUPPORT = (
    "Since this morning I can't log in any more, the page says error 403. Can somebody help?",
    "The export does not work for us, it stops after 500 rows. We are a customer.",
)
SYSTEMS = ("HubSpot", "Salesforce", "Pipedrive", "Microsoft Dynamics", "SAP", "Slack")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "September", "October", "November")
SPELT = {"ø": "o", "æ": "ae", "ß": "ss", "ä": "ae", "ö": "oe", "ü": "ue"}
FREE_MAIL = ("gmail.com", "outlook.com", "gmx.de")


@dataclass(frozen=True, slots=True)
class Prospect:
    """A person with a company, as they fill in forms."""

    first_name: str
    last_name: str
    email: str
    company: str
    job_title: str
    country: str


@dataclass(frozen=True, slots=True)
class Enquiry:
    """One form that a prospect fills in."""

    who: Prospect
    form_id: str
    message: str


class Cast:
    """Draws prospects and what they write; the same from the same dice. No two have the same address."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.seen: dict[str, int] = {}

    def prospect(self) -> Prospect:
        dice = self.dice
        place = dice.choices(PLACES, [place.share for place in PLACES])[0]
        first, last = dice.choice(place.first.split()), dice.choice(last_names(place.last))
        company = dice.choice(place.companies.split(";"))
        domain = dice.choice(FREE_MAIL) if dice.random() < 0.06 else f"{plain(company, '-')}.example"
        return Prospect(first, last, self.address(first, last, domain), company, dice.choice(TITLES), place.country)

    def address(self, first: str, last: str, domain: str) -> str:
        name = f"{plain(first, '')}.{plain(last, '')}@{domain}"
        number = self.seen[name] = self.seen.get(name, 0) + 1
        return name if number == 1 else name.replace("@", f"{number}@")

    def enquiry(self, who: Prospect | None = None) -> Enquiry:
        """What somebody asks; now and then no prospect at all."""
        who = who or self.prospect()
        chance = self.dice.random()
        if chance < 0.07:
            return Enquiry(who, CONTACT, self.dice.choice(NO_PROSPECTS))
        if chance < 0.09:
            return Enquiry(who, CONTACT, self.dice.choice(SUPPORT))
        speaks_german = who.country == "Germany" and self.dice.random() < 0.6
        kinds = [kind for kind in WANTS if (kind[0] == GERMAN) == speaks_german]
        form_id, _, messages = self.dice.choices(kinds, [share for _, share, _ in kinds])[0]
        return Enquiry(who, form_id, self.filled(self.dice.choice(messages), who))

    def filled(self, message: str, who: Prospect) -> str:
        return message.format(
            company=who.company,
            seats=self.dice.choice((8, 12, 15, 20, 25, 40, 60, 85, 120)),
            offices=self.dice.choice((2, 3, 4)),
            system=self.dice.choice(SYSTEMS),
            month=self.dice.choice(MONTHS),
        )


def form_submission(asked: Enquiry, submission_id: str, at_ms: int) -> dict[str, object]:
    """The enquiry as our flat webhook shape."""
    who = asked.who
    answers = {
        "email": who.email,
        "firstname": who.first_name,
        "lastname": who.last_name,
        "company": who.company,
        "jobtitle": who.job_title,
        "country": who.country,
        "message": asked.message,
    }
    uri, title = PAGES[asked.form_id]
    return {
        "portalId": 4242,
        "formId": asked.form_id,
        "formSubmissionId": submission_id,
        "timestamp": at_ms,
        "pageUri": uri,
        "pageTitle": title,
        "fieldValues": [{"name": name, "value": value} for name, value in answers.items() if value],
    }


def older(payload: dict[str, object]) -> dict[str, object]:
    """The same enquiry as the contact that a workflow's webhook action sends."""
    values = cast("list[dict[str, str]]", payload["fieldValues"])
    conversion = {
        "conversion-id": payload["formSubmissionId"],
        "form-id": payload["formId"],
        "timestamp": payload["timestamp"],
        "page-url": payload["pageUri"],
        "page-title": payload["pageTitle"],
    }
    return {
        "vid": int(plain(values[0]["value"], "").encode().hex()[:8], 16),
        "portal-id": payload["portalId"],
        "properties": {one["name"]: {"value": one["value"]} for one in values},
        "form-submissions": [conversion],
    }


def last_names(names: str) -> Sequence[str]:
    """Split at blanks, but not inside names such as “van Dijk”."""
    return re.findall(r"(?:(?:de|van) )?[^\W\d_]+", names)


def plain(name: str, joint: str) -> str:
    """A name as it stands in an address."""
    folded = name.lower()
    for letter, ascii_letters in SPELT.items():
        folded = folded.replace(letter, ascii_letters)
    ascii_only = unicodedata.normalize("NFKD", folded).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", joint, ascii_only).strip("-")
