"""Money: exact conversion by the day's rate, and a rates file that says everything that is wrong with it."""

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_app.policies import PoliciesError, load, parse
from stream_app.policies.fingerprint import fingerprint
from stream_app.policies.money import Money, Rates, exponent, ratio

DAY_MS = 86_400_000
RATES = """\
date,currency,rate
2026-01-05,USD,0.92
2026-01-06,USD,0.90
2026-01-05,JPY,0.0062
2026-01-05,KWD,3.00
"""
MONDAY = 1_767_571_200_000  # 2026-01-05T00:00Z


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "rates.csv").write_text(RATES, encoding="utf-8")
    (tmp_path / "shop.toml").write_text('[money]\nrates = "rates.csv"\n', encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("amount", "currency", "at", "reported"),
    [
        pytest.param(12_345, "EUR", MONDAY, 12_345, id="the reporting currency is not touched"),
        pytest.param(12_345, None, MONDAY, 12_345, id="without a currency it is the reporting one"),
        pytest.param(100, "USD", MONDAY, 92, id="from midnight of its day on a rate holds"),
        pytest.param(100, "USD", MONDAY + DAY_MS - 1, 92, id="until the last ms of the day"),
        pytest.param(100, "USD", MONDAY + DAY_MS, 90, id="the next day has its own"),
        pytest.param(100, "USD", MONDAY + 400 * DAY_MS, 90, id="the latest rate holds on"),
        pytest.param(100, "USD", MONDAY - 1, None, id="nothing is known before the first rate"),
        pytest.param(100, "CHF", MONDAY, None, id="nothing is known of a currency without a rate"),
        pytest.param(1_000, "JPY", MONDAY, 620, id="yen have no cents"),
        pytest.param(1_000, "KWD", MONDAY, 300, id="dinars have a thousand fils"),
        pytest.param(-100, "USD", MONDAY, -92, id="what is paid back has the same rate"),
        pytest.param(25, "USD", MONDAY + DAY_MS, 22, id="22.5 cents go to the even 22"),
        pytest.param(35, "USD", MONDAY + DAY_MS, 32, id="31.5 cents go to the even 32"),
        pytest.param(-25, "USD", MONDAY + DAY_MS, -22, id="and so below zero"),
    ],
)
def test_reported(folder, amount, currency, at, reported):
    assert load(folder / "shop.toml").money.reported(amount, currency, at) == reported


@given(
    amount=st.integers(-(10**12), 10**12),
    rate=st.decimals("0.000001", "10000", places=6),
    of=st.sampled_from(["USD", "JPY", "KWD"]),
    into=st.sampled_from(["EUR", "JPY", "KWD"]),
)
def test_conversion_is_exact(amount, rate, of, into):
    """It is what decimals of unlimited length give, rounded once and half to even."""
    if of == into:
        return
    money = Money(into, {of: Rates((0,), (ratio(rate, of, into),))})
    major = Decimal(amount).scaleb(-exponent(of)) * rate

    assert money.reported(amount, of, 0) == int(major.scaleb(exponent(into)).quantize(Decimal(1), ROUND_HALF_EVEN))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "line 1 of rates.csv: the columns are ''; begin it with date,currency,rate", id="empty"),
        pytest.param("day,cur,rate\n", "line 1 of rates.csv: the columns are 'day,cur,rate'; begin", id="columns"),
        pytest.param("1 May 2026,USD,1", "line 2 of rates.csv: '1 May 2026' is no date; write a date", id="date"),
        pytest.param("2026-05-01,usd,1", "'usd' is no currency; write its ISO 4217 code", id="currency"),
        pytest.param("2026-05-01,USD,0", "'0' is no rate; write how many EUR one USD is worth", id="zero"),
        pytest.param("2026-05-01,USD,NaN", "'NaN' is no rate", id="not a number"),
        pytest.param("2026-05-01,USD,1e999999", "'1e999999' is no rate", id="beyond all bounds"),
        pytest.param("2026-05-01,USD,0,92", "line 2 of rates.csv: it has 4 values", id="decimal comma"),
        pytest.param("2026-05-01,EUR,1.1", "EUR is the reporting currency, its rate is 1; take the line", id="itself"),
        pytest.param(
            "2026-05-01,USD,1\n\n2026-05-01,USD,2",
            "line 4 of rates.csv: USD has a second rate on 2026-05-01; keep one of them",
            id="twice",
        ),
    ],
)
def test_a_rate_is_refused(folder, text, said):
    header = "" if text.startswith("day") or not text else "date,currency,rate\n"
    (folder / "rates.csv").write_text(header + text, encoding="utf-8")

    with pytest.raises(PoliciesError) as refused:
        load(folder / "shop.toml")

    (problem,) = refused.value.problems
    assert said in f"{problem.message}; {problem.fix}"
    assert (problem.key, problem.line) == ("money.rates", 2)


def test_all_bad_rates_at_once(folder):
    """Every bad line is named, up to a bound; the others are counted."""
    rows = "".join(f"2026-01-05,usd,{number}\n" for number in range(30))
    (folder / "rates.csv").write_text("date,currency,rate\n" + rows, encoding="utf-8")

    with pytest.raises(PoliciesError) as refused:
        load(folder / "shop.toml")

    assert len(refused.value.problems) == 21
    assert refused.value.problems[-1].message == "rates.csv has 10 more problems"


def test_a_rates_file_that_is_not_there(tmp_path):
    with pytest.raises(PoliciesError, match=r"money.rates: none.csv cannot be read: No such file"):
        parse('[money]\nrates = "none.csv"', source=str(tmp_path / "shop.toml"))


def test_another_reporting_currency():
    money = parse('[money]\nreporting = "JPY"\ngross_margin = 0.6').money

    assert (money.currency, money.exponent, money.major, money.unit, money.gross_margin) == ("JPY", 0, 1, "jpy", 0.6)


def test_the_fingerprint_covers_the_rates(folder):
    before = fingerprint(folder / "shop.toml")
    (folder / "rates.csv").write_text(RATES + "2026-01-07,USD,0.91\n", encoding="utf-8")

    assert fingerprint(folder / "shop.toml") != before
