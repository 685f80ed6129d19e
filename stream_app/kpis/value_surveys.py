"""What customers say of us: satisfaction, effort and recommendation, and how many answer at all."""

from __future__ import annotations

from stream_app.journeys import survey, survey_nps
from stream_app.kpis.kinds.amounts import Mean, Row
from stream_app.kpis.kinds.promoters import NetPromoters
from stream_app.kpis.kinds.ratio import Counted, Ratio, Variant
from stream_app.kpis.kpi import Kpi

_BY = ("agent_id", "team", "category")
_CREDIT = "Credited to the agent and team in charge when the survey was sent."
_KINDS = tuple(survey.SCALES)

CSAT = Kpi(
    name="csat_ratio",
    unit="ratio",
    area="service",
    tile=9,
    meaning="Share of satisfied answers to the satisfaction question.",
    formula=f"Answers of 4 or 5, of 5 / answers. {_CREDIT}",
    source="A1, A3, A4",
    compute=Ratio((Variant((Counted(survey.SATISFIED),), (Counted(survey.ANSWERED, ("csat",)),)),)),
    by=_BY,
    direction="up",
    ignored=survey.IGNORED,
)

CSAT_SCORE = Kpi(
    name="csat_score",
    unit="points",
    area="service",
    meaning="How satisfied customers are, on average.",
    formula=f"Mean of the answers from 1 to 5. {_CREDIT}",
    source="A1, A3; field practice",
    compute=Mean(survey.SCORE, (Row(("csat",)),), survey.THOUSANDTHS),
    by=_BY,
    direction="up",
    ignored=survey.IGNORED,
)

CES_SCORE = Kpi(
    name="ces_score",
    unit="points",
    area="service",
    meaning="How much effort it takes customers to get what they need, on average.",
    formula=f"Mean of the answers from 1 (little effort) to 7. {_CREDIT}",
    source="field practice",
    compute=Mean(survey.SCORE, (Row(("ces",)),), survey.THOUSANDTHS),
    by=_BY,
    direction="down",
    ignored=survey.IGNORED,
)

SURVEY_ANSWER = Kpi(
    name="survey_answer_ratio",
    unit="ratio",
    area="service",
    meaning="Share of the surveys sent that were answered.",
    formula=f"Answered so far / sent, in the window of the sending, by kind of survey. {_CREDIT}",
    source="A1; field practice",
    compute=Ratio(
        tuple(
            Variant((Counted(survey.RETURNED, (kind,)),), (Counted(survey.SENT, (kind,)),), {"kind": kind})
            for kind in _KINDS
        )
    ),
    by=_BY,
    direction="up",
    ignored=survey.IGNORED,
)

NPS_SCORE = Kpi(
    name="nps_score",
    unit="points",
    area="value",
    tile=9,
    meaning="How many more customers would recommend us than advise against us, in points from -100 to 100.",
    formula=(
        "Share of promoters (9, 10) less share of detractors (0 to 6), times 100, over the last answer of each "
        "relationship, where that lies in the window, to the hour. With its 95 % interval (adjusted Wald)."
    ),
    source="A1, A3; Rocks 2016",
    compute=NetPromoters(survey_nps.RECOMMENDATION, (survey_nps.PROMOTER, survey_nps.PASSIVE, survey_nps.DETRACTOR)),
    by=("segment", "country"),
    direction="up",
    span=(-100, 100),
)

KPIS = (CSAT, CSAT_SCORE, CES_SCORE, SURVEY_ANSWER, NPS_SCORE)
