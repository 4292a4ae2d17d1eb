"""What the sample company sells, to whom, where, and how each kind of customer behaves.

Put here: fixed facts of the invented shop and the true parameters of its customers.
Keep out: drawing anything (`people.py`, `purchases.py`, `surveys.py`) and the survey comments (`comments.py`).
All names are invented; e-mail addresses are of the domains reserved for examples.
"""

import datetime as dt
from dataclasses import dataclass

COMPANY = "Knabberkiste"
TIMEZONE = "Europe/Berlin"
CURRENCY = "EUR"
FIRST_DAY = dt.date(2023, 7, 1)
AS_OF = dt.date(2026, 6, 30)
DAYS = (AS_OF - FIRST_DAY).days + 1
"""Days of history, both ends included."""


@dataclass(frozen=True)
class Kind:
    """A kind of customer and its true parameters.

    Purchases are BG/NBD in weeks of *seasonal time* (see `purchases.py`): rate ~ Gamma(r, rate alpha), dropout
    probability after each repeat purchase ~ Beta(a, b). Spend is Gamma-Gamma in EUR, net of discounts:
    order ~ Gamma(p, rate nu), nu ~ Gamma(q, rate gamma).
    """

    name: str
    share: float
    r: float
    alpha: float
    a: float
    b: float
    p: float
    q: float
    gamma: float
    season: tuple[float, ...]
    """Relative demand of January … December; scaled to a yearly mean of 1."""
    late_december: float
    """Factor on top of December's from the 20th on."""


HOME = Kind(
    name="home",
    share=0.78,
    r=0.9,
    alpha=10.8,
    a=0.95,
    b=3.4,
    p=6.0,
    q=4.0,
    gamma=15.0,
    season=(0.85, 0.90, 0.95, 1.00, 0.95, 0.85, 0.85, 0.85, 0.95, 1.05, 1.35, 1.60),
    late_december=1.0,
)
OFFICE = Kind(
    name="office",
    share=0.22,
    r=1.4,
    alpha=10.0,
    a=0.7,
    b=5.0,
    p=8.0,
    q=5.0,
    gamma=60.0,
    season=(1.05, 1.10, 1.10, 1.05, 1.05, 1.00, 0.60, 0.55, 1.10, 1.15, 1.15, 0.95),
    late_december=0.35,
)
KINDS = (HOME, OFFICE)
CUSTOMER_TYPES = ("home member", "office")


@dataclass(frozen=True)
class Region:
    """A sales region: its country, currency, towns with postal codes, and who looks after offices there."""

    name: str
    country: str
    currency: str
    share: float
    towns: tuple[tuple[str, str], ...]
    owners: tuple[str, ...]
    languages: tuple[float, ...]
    """Shares of the languages `LANGUAGES` among survey comments."""


LANGUAGES = ("de", "en", "fr", "es", "pl")
REGIONS = (
    Region(
        name="Nord",
        country="DE",
        currency="EUR",
        share=0.42,
        towns=(
            ("Hamburg", "20095"),
            ("Berlin", "10115"),
            ("Köln", "50667"),
            ("Münster", "48143"),
            ("Lübeck", "23552"),
            ("Leipzig", "04109"),
        ),
        owners=("Søren Åkesson", "Käthe Brömmel"),
        languages=(0.78, 0.08, 0.03, 0.03, 0.08),
    ),
    Region(
        name="Süd",
        country="DE",
        currency="EUR",
        share=0.33,
        towns=(
            ("München", "80331"),
            ("Nürnberg", "90402"),
            ("Stuttgart", "70173"),
            ("Würzburg", "97070"),
            ("Freiburg", "79098"),
        ),
        owners=("Zoë Müller", "José Peña Ortiz"),
        languages=(0.76, 0.07, 0.09, 0.05, 0.03),
    ),
    Region(
        name="Großbritannien",
        country="GB",
        currency="GBP",
        share=0.25,
        towns=(("London", "EC1A 1BB"), ("Manchester", "M1 1AE"), ("Bristol", "BS1 4DJ"), ("Leeds", "LS1 4AP")),
        owners=("Siân Pryce", "François Lemaître"),
        languages=(0.02, 0.84, 0.05, 0.04, 0.05),
    ),
)


@dataclass(frozen=True)
class Store:
    """A shop of the company's own, in the first town of a region."""

    store_id: str
    name: str
    type: str
    region: int
    """Index into `REGIONS`."""


STORES = (
    Store("F-1", "Werksverkauf Hamburg", "factory outlet", 0),
    Store("F-2", "Knabberecke München", "own", 1),
    Store("F-3", "Knabberkiste London", "franchise", 2),
)
"""One in each region."""

CHANNELS = ("search ads", "social ads", "organic", "trade fair", "partner", "referral")
CHANNEL_SHARES = {
    "home": (0.28, 0.30, 0.27, 0.01, 0.14, 0.0),
    "office": (0.25, 0.08, 0.22, 0.28, 0.17, 0.0),
}
"""Shares before referrals, which take the place of the drawn channel."""
CHANNEL_COSTS = {"search ads": "14.50", "social ads": "11.00", "organic": "0", "partner": "18.00", "referral": "8.00"}
"""EUR per customer won; the cost of a trade fair stands in the CRM, per customer."""

# fmt: off
FIRST_NAMES = (
    "Anna", "André", "Björn", "Béatrice", "Chloé", "Christoph", "Dörte", "Élodie", "Emma", "Fabian", "Félix",
    "Françoise", "Gwenaëlle", "Günther", "Hélène", "Inês", "Iñaki", "Jürgen", "Jörg", "Karolina", "Käthe", "Lars",
    "Léa", "Lóránt", "Maëlle", "Marek", "Matthias", "Miriam", "Noël", "Oskar", "Petra", "Ráhel", "René", "Rósa",
    "Siân", "Sofía", "Søren", "Thérèse", "Tomás", "Ursula", "Valérie", "Wojciech", "Yvonne", "Zoë",
)
LAST_NAMES = (
    "Abendroth", "Åberg", "Bäcker", "Brömmel", "Castaño", "Cörper", "Dähnhardt", "Döring", "Échevin", "Engström",
    "Fähnrich", "Façade", "Gómez", "Großmann", "Hartwig", "Häußler", "Ibáñez", "Jäger", "Jónsdóttir", "Köhler",
    "Krüger", "Lefèvre", "Löwe", "Mañara", "Møller", "Müller", "Muñoz", "Nørgaard", "Núñez", "Öztürk", "Peña",
    "Prüfer", "Quéré", "Réaux", "Rößler", "Sánchez", "Schäfer", "Søndergaard", "Strauß", "Tränkner", "Überall",
    "Vögele", "Weiß", "Wójtas", "Yáñez", "Zöllner",
)
COMPANY_WORDS = (
    "Blaufuchs", "Nordlicht", "Süßkind", "Möwenstein", "Grünwerk", "Kupferkrug", "Bärenhof", "Lindenhall",
    "Sonnenröte", "Fährmann", "Ashgrove", "Brackenfell", "Thistledown", "Wrenfield", "Oakmere",
)
# fmt: on
COMPANY_FORMS = ("GmbH", "AG", "& Söhne", "Ltd", "Werkstätten")


@dataclass(frozen=True)
class Product:
    """A product of the shop; prices in cents and pence, cost in cents."""

    product_id: str
    name: str
    category: str
    price_eur: int
    price_gbp: int
    cost_eur: int
    season: str = "all"
    """When it sells best: `all`, `summer` or `winter`."""
    office: float = 1.0
    """How much more offices like it than home members."""


PRODUCTS = (
    Product("SN-101", "Salzmandeln 150 g", "nuts", 390, 340, 190),
    Product("SN-102", "Cashews Röstzwiebel 150 g", "nuts", 450, 390, 230),
    Product("SN-103", "Studentenfutter 500 g", "nuts", 790, 690, 410, office=2.5),
    Product("SN-201", "Gemüsechips 90 g", "crisps", 320, 280, 130),
    Product("SN-202", "Linsenchips Paprika 90 g", "crisps", 290, 250, 110),
    Product("SN-203", "Crisps Salt & Vinegar, 12 bags", "crisps", 1190, 990, 560, office=2.5),
    Product("SN-301", "Haferriegel Kirsche", "bars", 190, 170, 80, office=1.6),
    Product("SN-302", "Proteinriegel Kakao", "bars", 250, 220, 110),
    Product("SN-303", "Riegelkarton, 24 Stück", "bars", 3990, 3490, 2050, office=4.0),
    Product("SN-401", "Zartbittertafel 70 %", "chocolate", 350, 300, 160, "winter"),
    Product("SN-402", "Schoko-Cranberrys 200 g", "chocolate", 490, 430, 240, "winter"),
    Product("SN-403", "Pralinés „Crème brûlée“", "chocolate", 1290, 1120, 640, "winter", 0.6),
    Product("SN-501", "Lebkuchen nach Großmutter", "bakery", 690, 590, 310, "winter", 0.7),
    Product("SN-502", "Käsestangen 125 g", "bakery", 340, 290, 150),
    Product("SN-601", "Mangostreifen getrocknet", "fruit", 420, 370, 210, "summer"),
    Product("SN-602", "Erdbeeren gefriergetrocknet", "fruit", 590, 520, 300, "summer"),
    Product("SN-701", "Eistee Pfirsich, 6 Flaschen", "drinks", 890, 780, 420, "summer"),
    Product("SN-702", "Kaffeebohnen Büro 1 kg", "drinks", 1690, 1480, 930, office=5.0),
)
BOXES = (
    Product("BX-S", "Wunschbox S", "boxes", 0, 0, 600),
    Product("BX-M", "Wunschbox M", "boxes", 0, 0, 1300),
    Product("BX-L", "Wunschbox L, Büro", "boxes", 0, 0, 3200),
    Product("BX-XL", "Wunschbox XL, Büro", "boxes", 0, 0, 7800),
)
BOX_LIMITS = (1500, 4000, 10000)
"""A mixed box has its own price in cents or pence: up to 15.00 it is an S, up to 40.00 an M …"""
SOLD_OUT = "SN-501"
"""Gingerbread is baked again in autumn."""
TASTING_BOX = Product("BX-0", "Probierbox gratis", "boxes", 0, 0, 350)
REFILL_BOX = Product("BX-R", "Nachfüllbox, alle sechs Wochen", "boxes", 0, 0, 1300)
