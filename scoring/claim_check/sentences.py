"""The words of the findings. ``%%`` is a percent sign; other places are filled by a finding's values."""

from collections.abc import Mapping
from dataclasses import dataclass

CONSORT_PRO = "CONSORT-PRO (Calvert 2013)"
CONSORT = "CONSORT 2010 (Schulz 2010)"
FARRAR = "Farrar 2001; IMMPACT (Dworkin 2008)"
GRIM = "Brown and Heathers 2017 (GRIM)"
AUSTEVOLL = "Austevoll 2019"


@dataclass(frozen=True, slots=True)
class Words:
    """What is the case, what to ask the author, and the source."""

    sentence: str
    question: str
    source: str


def said(text: str) -> str:
    """Mark a text as one that pages show in the reader's language."""
    return text


SENTENCES: Mapping[str, Words] = {
    "over_100": Words(
        said("%(percent)s %% is more than everybody."),
        said("What is %(percent)s %% a share of? A relative change is no share of patients."),
        "",
    ),
    "count_contradicts": Words(
        said("%(count)s of %(n)s is %(exact)s %%, not %(percent)s %%."),
        said("Which is right: the count or the percentage?"),
        GRIM,
    ),
    "impossible": Words(
        said(
            "No whole number of %(n)s patients rounds to %(percent)s %%:"
            " %(low)s is %(low_percent)s %%, %(high)s is %(high_percent)s %%."
        ),
        said("How many patients is %(percent)s %%, of how many? Of up to %(n)s it would fit %(fitting)s."),
        GRIM,
    ),
    "only_cut": Words(
        said("%(percent)s %% of %(n)s comes out only where decimals are cut off: %(count)s is %(exact)s %%."),
        said("Are the percentages rounded or cut?"),
        GRIM,
    ),
    "interval_misses": Words(
        said("The interval %(low)s to %(high)s does not hold the rate %(percent)s %%."),
        said("Which rate does the interval belong to?"),
        "",
    ),
    "vas_for_nrs": Words(
        said("A visual analogue scale (VAS) is marked on a line; points of 0 to 10 are a numeric rating (NRS)."),
        said("Which of the two did patients fill in? The 2-point threshold was found on the numeric rating."),
        FARRAR,
    ),
    "two_pain_names": Words(
        said("Both VAS and NRS are named, and they are two measures."),
        said("Which of the two gave this result?"),
        FARRAR,
    ),
    "disability_for_pain": Words(
        said("The Oswestry index measures disability; the sentence speaks of pain."),
        said("Was pain measured on a scale of its own, and what came out there?"),
        CONSORT_PRO,
    ),
    "anchor_relabelled": Words(
        said("“%(anchor)s” is no level of the global rating: patients could not have marked it."),
        said("Which of the levels that patients saw are counted in it?"),
        AUSTEVOLL,
    ),
    "anchor_merged": Words(
        said("“%(anchor)s” joins several levels of a global rating."),
        said("How many marked each level, the unchanged and the worse among them?"),
        AUSTEVOLL,
    ),
    "floor": Words(
        said("Before treatment the pain was %(value)s of 10: a 2-point reduction could not be reached from there."),
        said("Is this patient counted as not evaluable in the rates?"),
        FARRAR,
    ),
    "beyond_measure": Words(
        said("“%(word)s” says more than a questionnaire can: it shows how people feel and what they can do."),
        said("Which finding other than a questionnaire stands behind this word?"),
        "FDA 2009, PRO guidance",
    ),
    "causal": Words(
        said("“%(word)s” speaks of a cause, and nothing says that the arms were randomised."),
        said("What speaks against other reasons: who chose the treatment, and what else changed?"),
        CONSORT,
    ),
    "no_denominator": Words(
        said("No number of patients stands beside the percentage."),
        said("How many patients is it, of how many?"),
        CONSORT,
    ),
    "no_counts": Words(
        said("A group size is given (%(sizes)s), but not how many were counted at each time."),
        said("How many answered at each time, and how many of them are in the percentage?"),
        CONSORT,
    ),
    "no_interval": Words(
        said("No interval shows how uncertain the figure is."),
        said("What is the 95 %% interval?"),
        CONSORT,
    ),
    "no_time": Words(
        said("It is not said how long after the treatment."),
        said("At which time was it measured?"),
        CONSORT_PRO,
    ),
    "no_window": Words(
        said("A time is named, but not how early or late an answer may be to count for it."),
        said("Which days count as %(time)s?"),
        CONSORT_PRO,
    ),
    "no_threshold": Words(
        said("Patients are counted as better or not, but no threshold with its operator says from where on."),
        said("Which change on which scale counts, in points or percent, and is it “at least” or “more than”?"),
        CONSORT_PRO,
    ),
    "no_operator": Words(
        said("The threshold %(threshold)s does not say whether exactly that much counts."),
        said("Is it “at least” or “more than”? With whole points that moves patients."),
        FARRAR,
    ),
    "no_missing": Words(
        said("Nothing says what was done with patients who did not answer."),
        said("How many were expected and did not answer, and what is the rate if none of them was better?"),
        CONSORT_PRO,
    ),
    "long_time": Words(
        said("After %(time)s the rate hangs on who still answered."),
        said("What share of those treated answered then, and how did the others stand when last heard of?"),
        CONSORT_PRO,
    ),
    "no_comparison": Words(
        said("There is no group to compare with: pain and disability also change without the treatment."),
        said("What happened to comparable patients who were not treated so?"),
        CONSORT,
    ),
    "no_randomisation": Words(
        said("Two groups are compared, and nothing says how patients came into them."),
        said("Were they randomised? If not: how did the groups differ before treatment?"),
        CONSORT,
    ),
    "not_randomised": Words(
        said("The groups were not randomised: the difference may come from who was in them."),
        said("How did the groups differ before treatment, and what was adjusted for?"),
        CONSORT,
    ),
    "no_measure": Words(
        said("No measure is named."),
        said("Which questionnaire or scale, in which version?"),
        CONSORT_PRO,
    ),
    "pain_unnamed": Words(
        said(
            "Pain is named without its scale: at rest or in activity, in the back or the leg, now or in the past week."
        ),
        said("Which scale, which pain, which days?"),
        CONSORT_PRO,
    ),
    "share_or_mean": Words(
        said(
            "A reduction in percent can be the share of patients who were better, or how much less it was on average."
        ),
        said("Is it patients or points? If an average: the mean of ratios, or the ratio of means?"),
        CONSORT_PRO,
    ),
    "span": Words(
        said("A span of rates (%(low)s to %(high)s %%) has no single denominator."),
        said("What differs between the ends (sites, groups, definitions), and what are the n of each?"),
        CONSORT,
    ),
    "class_rule": Words(
        said("A trajectory group is named without the rule by which patients came into it."),
        said("Which model, how many groups were tried, and how surely does each patient belong to one?"),
        "GRoLTS (van de Schoot 2017)",
    ),
    "means_bare": Words(
        said("Values before and after stand without a spread, an interval and the number of patients at each time."),
        said("What are n, standard deviation and interval at each time, and are they the same patients?"),
        CONSORT,
    ),
    "one_person": Words(
        said("This is one person, or a few: no rate follows from it."),
        said("How many were treated in the same time, and how did the others fare?"),
        "CARE (Gagnier 2013)",
    ),
    "stated_improvement": Words(
        said("“%% improvement” is what a patient says when asked, or a change computed from a scale: they differ."),
        said("Who stated it, in answer to which question, and when?"),
        CONSORT_PRO,
    ),
    "unvalidated": Words(
        said("For “functionality out of 40” no published list of items, validation or threshold was found."),
        said("Which items are in it, and where was it validated?"),
        "",
    ),
    "censoring": Words(
        said("Who had no operation yet may have been followed for a short time only."),
        said("How many were followed to each time, and is it a Kaplan–Meier estimate with numbers at risk?"),
        CONSORT,
    ),
    "no_harms": Words(
        said("Nothing is said about adverse events."),
        said("How many adverse events were there, in how many patients, and how were they looked for?"),
        "CONSORT Harms (Junqueira 2023)",
    ),
    "wilson": Words(
        said("For %(count)s of %(n)s the 95 %% interval (Wilson) is %(low)s to %(high)s %%."),
        said("Would the sentence stand at the lower end?"),
        "Wilson 1927",
    ),
}
