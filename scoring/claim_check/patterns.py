"""What numbers, intervals, thresholds, times and sizes look like in published sentences."""

import re

NUMBER = r"\d{1,6}(?:[.,]\d{1,4})?"
PERCENT = r"(?:%|percent\b|per cent\b)"
JOIN = r" ?(?:/|,|;|&|\band\b|\bor\b|\bto\b|\bvs\.?|\bversus\b|[-\u2013]) ?"
# Possessive, so that a long row of numbers is read once: tried in every way it would take for ever.
LIST = rf"{NUMBER}(?:(?: ?{PERCENT})?{JOIN}{NUMBER})*+"
VALUE = r"\d{1,6}(?:\.\d{1,4})?(?:/\d{1,4})?(?![\d.]| ?%)"
VALUES = rf"{VALUE}(?: ?, ?{VALUE})*+"
CHAIN = re.compile(rf"{VALUES}(?: ?(?:\u2192|->) ?{VALUES})++")
INTERVAL = re.compile(
    rf"(?:CI|confidence interval|interval)\b[^\d]{{0,12}}({NUMBER})\s*%?\s*(?:[-\u2013,;]|to|and)\s*({NUMBER})", re.I
)
LEVEL = re.compile(rf"9\d\s*{PERCENT}[\s-]*(?=CI|confidence|interval|wilson)", re.I)
AT_LEAST = r"\u2265|>=|at least|a minimum of|no less than"
MORE = r">|more than|greater than|over|exceeding"
UNIT = rf"(points?\b|{PERCENT})"
SIGNED = re.compile(rf"({AT_LEAST}|{MORE})\s*({NUMBER})[\s-]*{UNIT}?", re.I)
OR_MORE = re.compile(rf"({NUMBER})[\s-]*{UNIT}\s*(?:or|and) (?:more|greater|better|above)", re.I)
BARE = re.compile(rf"({NUMBER})[\s-]*points?\b", re.I)
COUNTS = re.compile(r"(?<![\d./])(\d{1,6})(?:/| of | out of )(?:the |all )?(\d{1,6})(?![\d./]|\s*%)", re.I)
LISTED = re.compile(r"((?:\d{1,6} ?(?:,|and) ?)+)(\d{1,6}) (?:of|out of) (\d{1,6})\b", re.I)
TIMES = re.compile(rf"({LIST})[\s-]*(day|week|month|year)s?\b", re.I)
SIZES = re.compile(
    r"\bn\s*=\s*(\d+)|(\d+)\s*\+\s*(\d+)\b"
    r"|(\d+)\s+(?:\w+\s+)?(?:patients|people|persons|participants|subjects|candidates|adults|men|women)\b",
    re.I,
)
SHARES = re.compile(rf"({LIST})\s*{PERCENT}", re.I)
WINDOW = re.compile(rf"(?:\u00b1|\+/-|window of|within)\s*{NUMBER}\s*(?:day|week|month)s?", re.I)
COMPARED = re.compile(
    r"(?:[\w%+-]{1,30} ){0,3}\b"
    r"(?:versus|vs\.?|compared (?:with|to)|than (?:in )?controls?)\b\.?(?: [\w%+-]{1,30}){0,4}",
    re.I,
)
NOT_RANDOMISED = re.compile(
    r"non-?\s?randomi[sz]|not randomi[sz]|observational|registry|case series|retrospective", re.I
)
RANDOMISED = re.compile(r"randomi[sz]", re.I)
MISSING = re.compile(
    r"complete[- ]cases?|intention[- ]to[- ]treat|imput\w+|last observation[\w ]*|lost to follow[- ]up"
    r"|missing[^,;.]{0,40}|non-?responders? if[^,;.]{0,30}|completeness[^,;.]{0,20}|answered by[^,;.]{0,20}",
    re.I,
)
