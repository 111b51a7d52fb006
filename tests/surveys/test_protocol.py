"""The bundled protocols, and the sentence with which each kind of faulty protocol is refused."""

from datetime import time

import pytest

from scoring.instrument import load_instruments
from surveys.protocols.loading import FOLDER as PROTOCOLS
from surveys.protocols.loading import Protocol, ProtocolError, bundled_protocols, load_protocol_file, parse_protocol

SPINE = (PROTOCOLS / "spine.toml").read_text(encoding="utf-8")
RULES = SPINE[SPINE.index("rules = ") + len("rules = ") : SPINE.index("]\n\nsend_from") + 1]
BASELINE_WINDOW = 'code = "baseline"\nopens_days_before = 0\ncloses_days_after = 182'
W2_WINDOW = 'code = "w2"\nweeks = 2\nopens_days_before = 3'
M1_WINDOW = 'code = "m1"\nmonths = 1\nopens_days_before = 7\ncloses_days_after = 14'


@pytest.fixture(params=["spine", "trial"])
def protocol(request: pytest.FixtureRequest) -> Protocol:
    return bundled_protocols()[str(request.param)]


def test_the_pathways_come_with_the_program() -> None:
    assert set(bundled_protocols()) == {"spine", "trial", "case_series"}


def test_the_registry_follows_up_to_six_years() -> None:
    spine = bundled_protocols()["spine"]
    codes = ["baseline", "w2", "m1", "m3", "m6", "m12", "y2", "y3", "y4", "y5", "y6"]
    assert [timepoint.code for timepoint in spine.timepoints] == codes
    assert [timepoint.code for timepoint in spine.timepoints if timepoint.optional] == ["w2"]
    assert spine.timepoint("y6").months == 72
    assert (spine.timepoint("w2").weeks, spine.timepoint("w2").months) == (2, None)


def test_arms_say_which_is_conventional(protocol: Protocol) -> None:
    assert [arm.conventional for arm in protocol.arms] == [False, True]
    assert protocol.arm("conventional").conventional


def test_disability_and_pain_are_asked_first(protocol: Protocol) -> None:
    for timepoint in protocol.timepoints:
        asked = [entry.instrument for entry in timepoint.battery]
        assert asked[:2] == ["odi", "nrs11"] or timepoint.optional


def test_change_and_events_are_never_asked_at_baseline(protocol: Protocol) -> None:
    asked = {entry.instrument for entry in protocol.timepoints[0].battery}
    assert asked.isdisjoint({"gpe7", "improvement", "events"})


def test_no_visit_takes_more_than_34_screens(protocol: Protocol) -> None:
    assert max(timepoint.screens for timepoint in protocol.timepoints) <= 34


def test_four_messages_and_then_the_phone(protocol: Protocol) -> None:
    plan = protocol.reminders
    assert (plan.messages, plan.reminder_days, plan.phone_task_days) == (4, (3, 7, 14), 17)
    assert (plan.send_from, plan.send_until) == (time(9), time(18))


def test_the_trial_keeps_both_readings_of_its_pain_rule() -> None:
    assert {"nrs_active change >= 2", "nrs_active change > 2"} <= set(bundled_protocols()["trial"].rules)


def test_an_entry_without_items_asks_the_whole_instrument() -> None:
    odi = bundled_protocols()["spine"].timepoints[0].battery[0]
    assert odi.items == tuple(item.code for item in load_instruments()["odi"].items)


def test_the_stored_text_reads_back_as_the_same_protocol(protocol: Protocol) -> None:
    again = parse_protocol(protocol.source, "stored")
    assert again == protocol
    assert again.source_hash == protocol.source_hash
    assert len(again.source_hash) == 64


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ('code = "spine"', 'code = "Spine 1"', "code", "must be a code"),
        ("version = 1", "version = 0", "version", "between 1 and 9999"),
        ("version = 1", "version = true", "version", "a whole number"),
        ('index = "first"', 'index = "second"', "index", "one of first, last"),
        ('title = "Spine registry"', 'title = "S"\ncolour = "red"', "colour", "not a known key"),
        ('title = "Spine registry"', "", "title", "is missing"),
        ('title = "Spine registry"', "title =", "(syntax)", "Invalid value"),
        ("version = 1", f"version = {'[' * 20_000}", "(syntax)", "nested too deeply"),
        ("version = 1", f"version = {'1' * 5_000}", "(syntax)", "4300 digits"),
        ('languages = ["en", "es", "de", "ar"]', 'languages = ["English"]', "languages", "language codes"),
        ('languages = ["en", "es", "de", "ar"]', 'languages = ["en", "en"]', "languages", "used twice"),
        ('languages = ["en", "es", "de", "ar"]', "languages = []", "languages", "at least one"),
        ('"UK_TTO"', '"Atlantis_TTO"', "value_set", "no EQ-5D-3L value set"),
        ('"UK_TTO"', '"Iran_VAS"', "value_set", "refused"),
        ('"odi change >= 10"', '"odi better than 10"', "rules", "is no rule"),
        ('"odi change >= 10"', '"gph_t change >= 3"', "rules", "gph_t"),
        ('"odi change >= 10"', '"improvement change >= 30"', "rules", "at baseline and at a follow-up"),
        ("{ day = 14 }", "{ day = 14 }, { day = 16 }", "reminders", "at most 4"),
        ("{ day = 14 }", "{ day = 5 }", "reminders", "later and later"),
        ("phone_task_day = 17", "phone_task_day = 14", "reminders", "later and later"),
        ('send_from = "09:00"', 'send_from = "nine"', "send_from", "a time such as"),
        ('send_until = "18:00"', 'send_until = "08:00"', "send_until", "later than send_from"),
        ('code = "treated"', 'code = "conventional"', "arms", "used twice"),
        ('instrument = "odi" }', 'instrument = "sf36" }', "instrument", "no instrument 'sf36'"),
        ('"resting", "active"', '"resting", "neck"', "items", "no item 'neck'"),
        ('"resting", "active"', '"active", "active"', "items", "named twice"),
        ('"eq5d3l" }', '"eq5d3l", items = ["mobility"] }', "items", "cannot be scored without self_care"),
        ('"new_problem"]', '"new_problem", "daily_opioid"]', "timepoints.m1", "asks 35 screens"),
        ('{ instrument = "gpe7" }', '{ instrument = "odi" }', "timepoints.m1", "none twice"),
        ('code = "m3"', 'code = "m1"', "timepoints", "used twice"),
        ("years = 6", "years = 6\nweeks = 1", "weeks", "one offset"),
        ("weeks = 2\n", "", "timepoints", "no other, must be the baseline"),
        ('battery = "short"', 'battery = "long"', "battery", "one of baseline, short, follow_up"),
        ('"odi change >= 30%"', '"odi change >= 10.0"', "rules", "'odi change >= 10' is used twice"),
        (f"rules = {RULES}", "rules = []", "rules", "at least one"),
        ("[UK_TTO]", "[Spain_TTO]", "rules", "another value set than the protocol, UK_TTO"),
        ('send_from = "09:00"', 'send_from = "09:00+02:00"', "send_from", "a time such as"),
        ('send_from = "09:00"', 'send_from = "09:00:30.5"', "send_from", "a time such as"),
        (BASELINE_WINDOW, BASELINE_WINDOW.replace("182", "-1"), "timepoints.baseline", "not below 0"),
        (BASELINE_WINDOW, BASELINE_WINDOW.replace("= 0", "= 7"), "timepoints.baseline", "opens_days_before is 0"),
        (W2_WINDOW, W2_WINDOW.replace("= 3", "= 14"), "timepoints.w2", "before the day after the index date"),
        (M1_WINDOW, M1_WINDOW.replace("14", "-8"), "timepoints.m1", "closes before it opens"),
        (M1_WINDOW, M1_WINDOW.replace("7", "11"), "timepoints.m1", "before that of w2 closes"),
    ],
)
def test_a_faulty_protocol_is_refused_by_key_and_reason(old: str, new: str, key: str, reason: str) -> None:
    assert old in SPINE
    with pytest.raises(ProtocolError) as refusal:
        parse_protocol(SPINE.replace(old, new), "ours.toml")
    assert refusal.value.file == "ours.toml"
    assert refusal.value.key.endswith(key)
    assert reason in refusal.value.reason
    assert str(refusal.value) == f"ours.toml, {refusal.value.key}: {refusal.value.reason}."


def test_a_window_may_open_after_the_due_date() -> None:
    moved = parse_protocol(SPINE.replace(M1_WINDOW, M1_WINDOW.replace("= 7", "= -2")), "ours.toml")
    assert moved.timepoint("m1").opens_days_before == -2


def test_a_file_that_is_not_utf_8_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("protocols") / "latin.toml"
    path.write_bytes('title = "Rücken"'.encode("latin-1"))
    with pytest.raises(ProtocolError, match="not UTF-8"):
        load_protocol_file(path)


PERSONAL = """
[[individual]]
scale = "odi"
sdc = 12.5
sdc_source = "our retests"
worse = 8
worse_source = "decided"
"""


def test_a_protocol_states_what_one_patients_change_is_judged_by() -> None:
    (stated,) = parse_protocol(SPINE + PERSONAL, "ours.toml").individual
    assert (stated.scale, stated.mic) == ("odi", None)
    assert [(str(each.value), each.source) for each in (stated.sdc, stated.worse) if each] == [
        ("12.5", "our retests"),
        ("8", "decided"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ('"odi"', '"gph_t"', "scale", "no scale of this protocol"),
        ("8", "0", "worse", "above 0"),
        ("8", "101", "worse", "nobody can change by 101"),
        ('worse_source = "decided"', "", "worse_source", "is missing"),
        ("worse = 8\n", "", "worse_source", "not a known key"),
        ("worse", "better", "better", "not a known key"),
    ],
)
def test_a_faulty_threshold_of_one_patient_is_refused(old: str, new: str, key: str, reason: str) -> None:
    with pytest.raises(ProtocolError) as refusal:
        parse_protocol(SPINE + PERSONAL.replace(old, new), "ours.toml")
    assert refusal.value.key == f"individual[0].{key}"
    assert reason in refusal.value.reason


def test_a_scale_states_its_thresholds_once_and_some_of_them() -> None:
    with pytest.raises(ProtocolError, match="stands there twice"):
        parse_protocol(SPINE + 2 * PERSONAL, "ours.toml")
    with pytest.raises(ProtocolError, match="states none of"):
        parse_protocol(SPINE + '\n[[individual]]\nscale = "odi"\n', "ours.toml")
