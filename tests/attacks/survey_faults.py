"""Faults of surveys: headers below the header, previews, scales, texts for scores, repeats, days."""

from collections.abc import Mapping

from tests.attacks.batches import Cell, Export, Fault, lines, table


def answers(count: int = 40, columns: str = "", more: str = "", **cells: Cell) -> Export:
    """Answers to the NPS question from 5 to 10, with further or other cells; eight of 10."""
    sound: dict[str, Cell] = {
        "response_id": lambda n: f"s{n}",
        "survey_type": "nps",
        "score": lambda n: n % 6 + 5,
        "answered_at": lambda n: f"2026-03-{n % 28 + 1:02} 10:00:00",
        "customer_record_id": lambda n: f"k{n}",
    }
    return Export("survey_responses", table(count, **{**sound, **cells}), columns, more)


def invitations(count: int = 40, **cells: Cell) -> Export:
    """An invitation to each of these answers, two days before it."""
    sound: dict[str, Cell] = {
        "invitation_id": lambda n: f"i{n}",
        "survey_type": "nps",
        "invited_at": lambda n: f"2026-03-{n % 28 + 1:02} 08:00:00",
        "response_id": lambda n: f"s{n}",
    }
    return Export("survey_invitations", table(count, **{**sound, **cells}))


def with_headers(export: Export, *rows: str) -> Export:
    """With further rows below the header, as some survey tools write them."""
    assert isinstance(export.text, str)
    header, rest = export.text.split("\n", 1)
    return Export(export.kind, lines(header, *rows) + rest, export.columns, export.more)


QUESTIONS = "Response ID,Type,How likely are you to recommend us?,Recorded Date,Contact"
IMPORT_IDS = ",".join(f'"{{""ImportId"":""{name}""}}"' for name in ("_recordId", "t", "QID1", "d", "c"))
PEOPLE = Export(
    "customers",
    table(20, customer_record_id=lambda n: f"c{n}", email=lambda n: f"x{n}@{'{key}'}.example", city="Rome"),
)
ALL = {"answers": 40, "nps_counted": 40}

SURVEYS: Mapping[str, Fault] = {
    "sound answers": Fault([answers(), invitations()], right=ALL, is_quiet=True),
    "questions below the header": Fault(
        [with_headers(answers(), QUESTIONS, IMPORT_IDS)], ("header_rows", "quarantined")
    ),
    "questions below the header of customers": Fault(
        [
            with_headers(
                PEOPLE,
                "Response ID,Recipient Email,City",
                '"{""ImportId"":""_recordId""}","{""ImportId"":""mail""}","{""ImportId"":""QID9""}"',
            )
        ],
        ("header_rows",),
    ),
    "questions below the header of the answers to questions": Fault(
        [
            answers(),
            with_headers(
                Export("survey_answers", table(40, response_id=lambda n: f"s{n}", question_id="speed", score="")),
                "Response ID,Which?,",
                '"{""ImportId"":""_recordId""}","{""ImportId"":""QID9""}",',
            ),
        ],
        ("header_rows",),
    ),
    "questions below the header, left out": Fault(
        [
            with_headers(
                Export(
                    PEOPLE.kind,
                    PEOPLE.text,
                    more="    exclude: {headers: \"customer_record_id like '%ImportId%' or city in ('City', 'QID9')\"}",
                ),
                "Response ID,Recipient Email,City",
                '"{""ImportId"":""_recordId""}","{""ImportId"":""mail""}","{""ImportId"":""QID9""}"',
            )
        ],
        right={"customers": 20},
        is_quiet=True,
    ),
    "the header again in the middle": Fault(
        [Export(PEOPLE.kind, str(PEOPLE.text) + "customer_record_id,email,city\n" + "d1,d1@example.org,Oslo\n")],
        ("header_rows", "quarantined"),
    ),
    "previews": Fault([answers(Status=lambda n: "Survey Preview" if n <= 4 else "IP Address")], ("states_not_read",)),
    "spam": Fault([answers(Status=lambda n: "Spam" if n <= 4 else "IP Address")], ("states_not_read",)),
    "tests in a column of their own": Fault([answers(is_test=lambda n: str(n <= 4).lower())], ("states_not_read",)),
    "answers that were begun": Fault([answers(score=lambda n: "" if n % 2 else 9)], ("quarantined",)),
    "halves": Fault([answers(score=lambda n: "8.5" if n % 2 else 9)], ("nps_answers_left_out",)),
    "a scale of 1 to 10": Fault([answers(scale_min="1", scale_max="10")], ("nps_on_another_scale",)),
    "a scale of 1 to 5": Fault([answers(score=lambda n: n % 5 + 1)], ("nps_scores_up_to_five",)),
    "a scale of 1 to 7, called csat": Fault(
        [answers(survey_type="csat", score=lambda n: n % 7 + 1, scale_min="1", scale_max="7")],
        right={"answers": 40, "nps_counted": 0},
        is_quiet=True,
    ),
    "csat without a scale": Fault([answers(survey_type="csat", score=lambda n: n % 5 + 1)], ("quarantined",)),
    "a scale of 100 where 5 is said": Fault(
        [answers(survey_type="csat", score=lambda n: n * 2, scale_min="1", scale_max="5")], ("quarantined",)
    ),
    "texts behind scores": Fault([answers(score=lambda n: f"{n % 6 + 5} - likely")], ("quarantined",)),
    "words for scores": Fault([answers(score=lambda n: "Promoter" if n % 2 else "Passive")], ("quarantined",)),
    "a decimal comma": Fault([answers(score='"9,0"')], ("quarantined",)),
    "99 for no answer": Fault([answers(score=lambda n: 99 if n % 5 == 0 else 9)], ("quarantined",)),
    "-1 for no answer": Fault([answers(score=lambda n: -1 if n % 5 == 0 else 9)], ("quarantined",)),
    "two surveys in one file": Fault(
        [
            answers(
                80,
                score=lambda n: n % 5 + 1 if n % 2 else n % 6 + 5,
                survey_name=lambda n: "After the delivery" if n % 2 else "Once a year",
            )
        ],
        ("nps_scores_up_to_five",),
    ),
    "two surveys on one scale": Fault(
        [answers(80, survey_name=lambda n: "After the delivery" if n % 2 else "Once a year")],
        right={"answers": 80, "nps_counted": 80},
        is_quiet=True,
    ),
    "large letters for the type": Fault([answers(survey_type="NPS")], right=ALL, is_quiet=True),
    "another word for the type": Fault([answers(survey_type="net promoter score")], ("quarantined",)),
    "one answer under one id twice": Fault(
        [Export("survey_responses", str(answers().text) + "s1,nps,6,2026-03-02 10:00:00,k1\n")], right=ALL
    ),
    "two answers under one id": Fault(
        [Export("survey_responses", str(answers().text) + "s1,nps,0,2026-03-02 10:00:00,k1\n")], ("quarantined",)
    ),
    "an answer changed the next night": Fault(
        [
            Export(
                "survey_responses",
                (
                    str(answers().text),
                    lines(
                        "response_id,survey_type,score,answered_at,customer_record_id",
                        "s1,nps,10,2026-03-02 10:00:00,k1",
                    ),
                ),
            )
        ],
        right={**ALL, "least_of_first": 10.0},
    ),
    "answered before invited": Fault(
        [answers(), invitations(invited_at=lambda n: f"2026-03-{n % 28 + 1:02} 12:00:00")],
        ("answers_before_invitations",),
    ),
    "invitations that name answers of another export": Fault(
        [answers(), invitations(response_id=lambda n: f"R_{n}")], ("references_unmatched",)
    ),
    "nobody's answers": Fault([answers(customer_record_id="")], right=ALL, is_quiet=True),
    "offsets behind moments": Fault(
        [answers(answered_at="2026-03-31T23:30:00-02:00")], right={"answers": 40, "answered_in_april": 40}
    ),
    "answers of the future": Fault([answers(answered_at="2027-03-05 10:00:00")], ("rows_after_as_of",)),
    "invitations that bounced": Fault(
        [answers(), invitations(status=lambda n: "bounced" if n % 4 == 0 else "sent")], ("states_not_read",)
    ),
    "answers to questions without a scale": Fault(
        [answers(), Export("survey_answers", table(40, response_id=lambda n: f"s{n}", question_id="speed", score="4"))],
        ("quarantined",),
    ),
    "answers to questions on two scales": Fault(
        [
            answers(),
            Export(
                "survey_answers",
                table(
                    40,
                    response_id=lambda n: f"s{n}",
                    question_id="speed",
                    score=lambda n: 4 if n % 2 else 8,
                    scale_min="1",
                    scale_max=lambda n: 5 if n % 2 else 10,
                ),
            ),
        ],
        ("question_on_two_scales",),
    ),
}
