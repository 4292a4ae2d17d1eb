"""Shows what the rules of themes find in the comments of the current generation, and what they miss.

Put here: reading the comments and wording what is found. Keep out: finding it (`pipelines/themes`). No sentence holds a
comment: of what was written, only terms that several people use are shown.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from regulars.pipelines.command.generations import find_current
from regulars.pipelines.command.opened import open_published, open_state
from regulars.pipelines.command.plurals import count_things
from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX, UNMATCHED
from regulars.pipelines.errors import UsageWrong
from regulars.pipelines.home.generation import Generation
from regulars.pipelines.home.home import Home
from regulars.pipelines.settings.settings_file import load_settings
from regulars.pipelines.themes.comment_themes import KEY, read_texts
from regulars.pipelines.themes.matching import FEWEST_FOR_SHARE, MOST_OF_ALL, count_term_hits, match_themes
from regulars.pipelines.themes.proposals import FEWEST_PEOPLE, propose_terms
from regulars.pipelines.themes.rules import ThemeRules
from regulars.pipelines.themes.rules_file import SHIPPED, find_theme_rules

TERMS_SHOWN, PROPOSALS_SHOWN = 3, 20
_COMMENTS = """
    select _system as system, response_id, language, comment
    from staging.survey_responses
    where comment is not null
    order by system, response_id
"""
_WRITERS = f"""
    select
        system,
        response_id,
        coalesce(
            contact_id,
            case when customer_idx > {UNKNOWN_CUSTOMER_IDX} then 'customer ' || customer_idx end,
            'response ' || system || ' ' || response_id
        ) as person,
    from core.survey_responses
    where has_comment
"""


@dataclass(frozen=True)
class _Theme:
    """What a theme finds: how many comments, their share of all, and the terms that find most of them."""

    theme: str
    comments: int
    share: float
    terms: list[str]


@dataclass(frozen=True)
class _Found:
    """What the rules find.

    Attributes:
        generation: Whose comments were read.
        file: The file of the rules.
        comments: How many.
        themes: Most comments first; the unmatched ones are a theme.
        languages: Language, comments, how many of them are unmatched, whether any rule has terms of it.
        common_terms: Terms that find more than a third of the comments in their language, with their place.
        proposals: Terms of unmatched comments that several people use.
    """

    generation: str
    file: str
    comments: int
    themes: list[_Theme]
    languages: list[dict[str, object]]
    common_terms: list[dict[str, object]]
    proposals: list[dict[str, object]]


def show_themes(settings: Path, home: Home, *, as_json: bool) -> str:
    """What each theme finds by the rules as they are now, and the most frequent terms of comments without a theme.

    Args:
        settings: The settings file.
        home: The company's home; the comments are those of its current generation.
        as_json: For machines.
    """
    company = load_settings(settings)
    rules = find_theme_rules(company.themes.file, settings.resolve().parent)
    current = find_current(home)
    comments, countries = _read_comments(current)
    if comments.is_empty():
        return f"there are no comments in {current.name}: map `comment` of a source of survey_responses"
    texts = read_texts(comments, countries, languages=company.themes.languages)
    found = _describe(current.name, texts, rules)
    return json.dumps(asdict(found), indent=1, ensure_ascii=False) if as_json else "\n".join(_word(found))


def write_rules(path: Path) -> str:
    """Write the rules that come with Regulars to a file, to be edited.

    Raises:
        UsageWrong: There is such a file.
    """
    if path.exists():
        raise UsageWrong(f"{path} exists; name another file, or remove it")
    path.write_bytes(SHIPPED.read_bytes())
    return f"wrote {path}: edit it, write `themes: {{file: {path.name}}}` into the settings, and see `regulars themes`"


def _read_comments(current: Generation) -> tuple[pl.DataFrame, pl.Series]:
    """The comments with the person who wrote each, and the country of each customer."""
    with open_state(current) as con:
        comments = con.sql(_COMMENTS).pl()
    with open_published(current) as con:
        writers, countries = con.sql(_WRITERS).pl(), con.sql("select country from core.customers").pl()["country"]
    return comments.join(writers, on=KEY), countries


def _describe(generation: str, texts: pl.DataFrame, rules: ThemeRules) -> _Found:
    matched = match_themes(texts.select(*KEY, "comment_language", "text"), rules)
    unmatched = matched.filter(theme=UNMATCHED).select(*KEY, is_unmatched=True)
    texts = texts.join(unmatched, on=KEY, how="left").with_columns(pl.col("is_unmatched").fill_null(value=False))
    counts = {**dict.fromkeys([*(theme.name for theme in rules.themes), UNMATCHED], 0), **_count(matched)}
    hits = count_term_hits(texts, rules)
    share = pl.col("term_comments") / pl.col("language_comments")
    common = hits.filter(share > MOST_OF_ALL, pl.col("language_comments") >= FEWEST_FOR_SHARE)
    languages = (
        texts.group_by(language="comment_language")
        .agg(comments=pl.len(), unmatched=pl.col("is_unmatched").sum())
        .with_columns(has_rules=pl.col("language").is_in(sorted(rules.languages)))
        .sort("comments", "language", descending=[True, False])
    )
    return _Found(
        generation,
        rules.file,
        len(texts),
        [
            _Theme(theme, count, count / len(texts), _list_terms(hits, theme))
            for theme, count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
        ],
        languages.to_dicts(),
        common.with_columns(share=share).to_dicts(),
        propose_terms(texts).head(PROPOSALS_SHOWN).to_dicts(),
    )


def _count(matched: pl.DataFrame) -> dict[str, int]:
    return dict(matched.group_by("theme").len().rows())


def _list_terms(hits: pl.DataFrame, theme: str) -> list[str]:
    return hits.filter(theme=theme)["written"].unique(maintain_order=True).head(TERMS_SHOWN).to_list()


def _word(found: _Found) -> list[str]:
    """The lines for people."""
    lines = [f"{count_things(found.comments, 'comment')} of {found.generation}, by the rules of {found.file}", ""]
    lines += [
        f"{each.theme:<20} {each.comments:>9,} {each.share:>7.1%}   {', '.join(each.terms)}" for each in found.themes
    ]
    lines += ["", "by language"]
    for each in found.languages:
        without = "" if each["has_rules"] else "   no rule has a term in this language"
        lines.append(f"{each['language']:<20} {each['comments']:>9,} {each['unmatched']:>9,} unmatched{without}")
    for each in found.common_terms:
        lines.append(
            f"\n{found.file}:{each['line']}:{each['column']}: `{each['written']}` of {each['theme']} finds "
            f"{each['share']:.0%} of the comments in {each['language']}: a term that finds more than a third of them "
            "says little; write a longer one"
        )
    return [*lines, "", *_word_proposals(found)]


def _word_proposals(found: _Found) -> list[str]:
    if not found.proposals:
        return [f"No term of the unmatched comments is used by {FEWEST_PEOPLE} people or more."]
    lines = [f"Most frequent terms of the unmatched comments, each used by {FEWEST_PEOPLE} people or more"]
    lines += [
        f"{each['language']:<8} {each['term']:<24} {count_things(int(str(each['people'])), 'person')}"
        for each in found.proposals
    ]
    if found.file == SHIPPED.name:
        add = "To add a rule: `regulars themes --write-rules my_themes.yaml`, `themes: {file: my_themes.yaml}` in the"
        add += " settings, then write"
    else:
        add = f"To add a rule, write into {found.file}"
    return [
        *lines,
        "",
        f"{add} the begin of such words below a theme and its language, such as `en: [begin]`.",
        "`regulars themes` shows at once what it finds; the tables change with the next run.",
    ]
