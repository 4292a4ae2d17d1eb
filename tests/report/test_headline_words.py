"""The closing lines of a run: churn with what new customers do not lower."""

import dataclasses

from regulars.pipelines.report.headline import describe_headline
from tests.report.report_tables import HEADLINE


def test_churn_is_told_beside_the_share_of_customers_who_are_gone():
    [churn] = [each["text"] for each in describe_headline(HEADLINE) if each["label"] == "12-month churn"]
    assert churn == "12.5% (at 2025-12-31), and of those who were customers a year before 30.0% are gone"
    alone = dataclasses.replace(HEADLINE, gone_rate_12m=None)
    assert describe_headline(alone)[1]["text"] == "12.5% (at 2025-12-31)"
