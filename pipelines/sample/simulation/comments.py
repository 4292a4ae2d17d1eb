"""What customers of the sample company write in surveys, by theme, mood and language.

Put here: sentences. Keep out: who says which (`surveys.py`).
"""

THEMES = ("taste", "delivery", "price", "packaging", "service")

COMMENTS: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {
    ("taste", "good"): {
        "de": ("Die Zartbittertafel ist großartig, wir bestellen sie immer wieder.", "Schmeckt allen im Büro."),
        "en": ("Everyone fights over the almonds. Love it!", "Really tasty, and a nice mix."),
        "fr": ("Les mangues séchées sont délicieuses.", "Très bon goût, on se régale à chaque fois."),
        "es": ("Los frutos secos están riquísimos.", "Muy buen sabor y mucha variedad."),
        "pl": ("Przepyszne migdały, zamawiamy co miesiąc.", "Świetny smak, polecam!"),
    },
    ("taste", "bad"): {
        "de": ("Die Chips waren weich und schmeckten alt.", "Zu süß, früher war die Mischung besser."),
        "en": ("The crisps were stale, sadly.", "Too sweet for me; the old mix was better."),
        "fr": ("Les chips étaient molles, quel dommage.", "Trop sucré à mon goût."),
        "es": ("Las patatas llegaron rancias.", "Demasiado dulce para mí."),
        "pl": ("Chipsy były zwietrzałe.", "Za słodkie, poprzednia mieszanka była lepsza."),
    },
    ("delivery", "good"): {
        "de": ("Schon am nächsten Tag da, danke!", "Lieferung immer pünktlich."),
        "en": ("Arrived the next day, brilliant.", "Always on time."),
        "fr": ("Livré dès le lendemain, bravo !", "Toujours à l'heure."),
        "es": ("Llegó al día siguiente, perfecto.", "Siempre puntual."),
        "pl": ("Paczka dotarła już następnego dnia.", "Dostawa zawsze na czas."),
    },
    ("delivery", "bad"): {
        "de": (
            "Das Paket kam vier Tage zu spät, die Feier war vorbei.",
            "Lieferung verspätet.\nNiemand hat uns Bescheid gesagt.",
        ),
        "en": ("Delivery was late again.", 'Tracking said "delivered", but nothing came for three days.'),
        "fr": ("Livraison en retard, encore une fois.", "Colis arrivé trois jours trop tard."),
        "es": ("El pedido llegó tarde otra vez.", "Tres días de retraso y sin aviso."),
        "pl": ("Paczka znowu się spóźniła.", "Dostawa trzy dni po terminie, bez informacji."),
    },
    ("price", "good"): {
        "de": ("Fairer Preis für gute Ware.", "Die Bürobox lohnt sich; preislich top."),
        "en": ("Good value for money.", "Fair price for the quality."),
        "fr": ("Bon rapport qualité-prix.", "Prix tout à fait correct."),
        "es": ("Buena relación calidad-precio.", "Precio justo."),
        "pl": ("Dobra cena za taką jakość.", "Uczciwa cena."),
    },
    ("price", "bad"): {
        "de": ("Inzwischen zu teuer, vor allem der Versand.", "Versandkosten sind happig."),
        "en": ("Getting too expensive, shipping above all.", "Cheaper at the supermarket."),
        "fr": ("Devenu trop cher, surtout les frais de port.", "Trop cher pour la quantité."),
        "es": ("Se ha vuelto demasiado caro.", "Los gastos de envío son excesivos."),
        "pl": ("Zrobiło się za drogo, zwłaszcza wysyłka.", "Za drogo jak na tę ilość."),
    },
    ("packaging", "good"): {
        "de": ("Schön verpackt, ganz ohne Plastik.", "Die Schachtel ist ein tolles Geschenk."),
        "en": ("Lovely box, and no plastic at all.", "Nicely wrapped, great as a gift."),
        "fr": ("Joli emballage, sans plastique.", "Très bien emballé, parfait en cadeau."),
        "es": ("Caja preciosa y sin plástico.", "Muy bien empaquetado."),
        "pl": ("Ładne pudełko, bez plastiku.", "Pięknie zapakowane, idealne na prezent."),
    },
    ("packaging", "bad"): {
        "de": ("Karton eingedrückt, zwei Tüten offen.", "Viel zu viel Verpackung."),
        "en": ("The box was crushed and two bags had burst.", "Far too much packaging."),
        "fr": ("Carton écrasé, deux sachets ouverts.", "Beaucoup trop d'emballage."),
        "es": ("La caja llegó rota.", "Demasiado embalaje."),
        "pl": ("Karton zgnieciony, dwie torebki otwarte.", "Za dużo opakowań."),
    },
    ("service", "good"): {
        "de": ("Sehr freundlich am Telefon, Problem sofort gelöst.", "Toller Kundendienst!"),
        "en": ("Friendly support, sorted in ten minutes.", "Great service."),
        "fr": ("Service client très aimable et rapide.", "Réponse immédiate, merci."),
        "es": ("Atención muy amable y rápida.", "Excelente servicio."),
        "pl": ("Bardzo miła obsługa, sprawa załatwiona od ręki.", "Świetny kontakt."),
    },
    ("service", "bad"): {
        "de": ("Seit einer Woche keine Antwort auf meine Mail.", "Hotline: 40 Minuten Warteschleife."),
        "en": ("No reply to my e-mail for a week.", "Spent forty minutes on hold."),
        "fr": ("Aucune réponse à mon message depuis une semaine.", "Service client injoignable."),
        "es": ("Nadie contesta a mis correos.", "Cuarenta minutos esperando al teléfono."),
        "pl": ("Od tygodnia brak odpowiedzi na mój e-mail.", "Czterdzieści minut czekania na infolinii."),
    },
}
"""(theme, mood) -> language -> two sentences, the second as likely as the first."""

MOODS = ("bad", "good")


def list_comments(languages: tuple[str, ...]) -> list[str]:
    """Every sentence in one list, so that a comment is a number.

    Args:
        languages: The languages, in the order in which they are numbered.

    Returns:
        Sentence of (theme t, mood m, language l, variant v) at ((t * 2 + m) * len(languages) + l) * 2 + v.
    """
    return [
        sentence
        for theme in THEMES
        for mood in MOODS
        for language in languages
        for sentence in COMMENTS[theme, mood][language]
    ]
