"""What the command line says of the rules of a finished run."""

from regulars.pipelines.command.run_summary import count_rules


def test_rules_that_are_broken_with_a_warning_are_counted_beside_those_kept():
    said = count_rules({"passed": 3163, "warned": 1, "failed": 0})
    assert said == "3,163 rules kept, 1 broken with a warning (`meta.checks` lists them)"
    assert count_rules({"passed": 1, "warned": 0, "failed": 0}) == "1 rule kept"
