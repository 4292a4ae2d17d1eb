"""Measures when the rows of a delivery happened: their weekday, their hours, how old they were.

Put here: numbers about the days of a delivery. Keep out: comparing them (`days_of_deliveries.py`).
"""

from regulars.pipelines.kinds.shape.kind import Kind

WEEKDAY, HOUR, LAG, NEWEST, AGE = "weekday", "median_hour", "lag_days", "newest_day", "age_days"
DAY_MEASURES = (WEEKDAY, HOUR, LAG, NEWEST, AGE)


def find_event_column(kind: Kind) -> str | None:
    """The column with the moment at which what a row tells of happened; None where rows tell of no event."""
    if kind.name in {"customers", "fx_rates", "acquisition_spend"}:
        return None
    if kind.money is not None:
        return kind.money.day
    moments = [column for column in kind.columns if column.form in {"moment", "date"} and column.is_required]
    return moments[0].name if moments else None


def find_day_column(kind: Kind) -> str | None:
    """The column with the day on which what a row tells of holds, where rows tell of no event: rates have one."""
    return "rate_date" if kind.name == "fx_rates" else None


def select_newest_day(kind: Kind, column: str) -> str:
    """One row per source and new delivery: the newest day and its age, as `select_day_measures` has them.

    The parameter is `$as_of`.

    Args:
        kind: A kind whose rows tell of no event.
        column: Its `find_day_column`.
    """
    return f"""
        select
            landed._source,
            landed._delivery,
            max(day) - date '1970-01-01' as {NEWEST},
            $as_of - max(day) as {AGE},
        from landed.{kind.name} as landed
        cross join lateral (select try_cast(landed.{column} as date)) as days (day)
        semi join new_deliveries as wanted
            on wanted.source = landed._source and wanted.delivery = landed._delivery
        where day <= $as_of
        group by landed._source, landed._delivery
    """


def select_day_measures(kind: Kind, column: str) -> str:
    """One row per source and new delivery: the measures, NULL where they cannot be known.

    The parameters are `$as_of` and, where the column holds moments, `$zone`: the company's day and time zone. The build
    holds `new_deliveries`. A delivery has a weekday when four of five rows are of one day.

    Args:
        kind: A kind whose rows tell of events.
        column: Its `find_event_column`.
    """
    described = kind.column(column)
    moment = f"try_cast(landed.{column} as timestamp)"
    if described is not None and described.form == "moment":
        moment = f"timezone($zone, timezone('UTC', {moment}))"
    return f"""
        with
            happened as (
                select
                    landed._source,
                    landed._delivery,
                    {moment} as moment,
                    cast({moment} as date) as day,
                    cast(files.modified_at as date) as written,
                from landed.{kind.name} as landed
                join landed.files as files on files.source = landed._source and files.delivery = landed._delivery
                semi join new_deliveries as wanted
                    on wanted.source = landed._source and wanted.delivery = landed._delivery
            )

        select
            _source,
            _delivery,
            case when quantile_disc(day, 0.1) = quantile_disc(day, 0.9) then isodow(quantile_disc(day, 0.5)) end
                as {WEEKDAY},
            median(extract(hour from moment) + extract(minute from moment) / 60) as {HOUR},
            any_value(written) - quantile_disc(day, 0.5) as {LAG},
            max(day) filter (day <= $as_of) - date '1970-01-01' as {NEWEST},
            $as_of - max(day) filter (day <= $as_of) as {AGE},
        from happened
        where day is not null
        group by _source, _delivery
    """
