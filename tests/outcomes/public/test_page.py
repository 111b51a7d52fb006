"""What everybody sees of a clinic, and what nobody does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from sqlalchemy import select
from werkzeug.test import TestResponse

from local.verify_claims import AlteredError, VerifyError, run, verify
from surveys.db import app_now, uuid7
from surveys.models import Claim, Consent, Episode
from surveys.outcomes.claims.compute import compute
from surveys.outcomes.claims.frame import header, read_rows, write_rows
from surveys.outcomes.claims.specification import read_specification
from surveys.outcomes.public.page import PublishingError, set_page
from surveys.outcomes.public.shown import cut
from tests.outcomes.claims.making import made, person
from tests.outcomes.public.conftest import Open


@pytest.fixture(scope="module")
def number(site: Open) -> int:
    """The published trial's claim, signed by two, alone on the page."""
    return site.publish()


def page(site: Open, end: str = "", **headers: str) -> TestResponse:
    reply = site.anybody.get(f"/public/{site.slug}{end}", headers=headers)
    assert reply.status_code in (200, 304)
    return reply


def claims(site: Open) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(page(site, ".json").data)["signed"]["claims"]
    return found


def alone(site: Open, number: int) -> dict[str, Any]:
    site.place(number)
    (claim,) = claims(site)
    return claim


def test_everybody_reads_the_claim_with_its_counts_and_intervals(site: Open, number: int) -> None:
    site.place(number)
    shown = page(site).text
    assert "26/39" in shown
    assert "51.0–79.4 %" in shown
    assert "not randomised" in shown
    assert "Adverse events recorded by staff" in shown
    assert "Bone marrow concentrate: 26/39, 67 % (51 to 79)" in shown  # the drawing's label
    figures = {(each["arm"], each["timepoint"]): each for each in claims(site)[0]["figures"]}
    assert len(figures) == 8  # every timepoint and every arm
    assert claims(site)[0]["cohort"] in shown


@pytest.mark.parametrize("end", ["", "/embed", ".json", "/key"])
def test_the_page_is_the_same_for_all_and_kept_by_caches(site: Open, number: int, end: str) -> None:
    site.place(number)
    first = page(site, end)
    assert "Set-Cookie" not in first.headers
    assert "cookie" not in str(first.vary).lower()
    assert first.headers["Cache-Control"] == "public, max-age=300"
    again = page(site, end, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == "public, max-age=300"


def test_only_the_embeddable_page_may_stand_in_foreign_frames(site: Open, number: int) -> None:
    site.place(number)
    framed, own = (page(site, end).headers["Content-Security-Policy"].split("; ") for end in ("/embed", ""))
    assert set(framed) ^ set(own) == {"frame-ancestors *", "frame-ancestors 'none'"}
    assert "default-src 'none'" in framed
    assert not [part for part in framed if part.startswith("script-src")]
    for end in ("", "/embed"):
        assert "<script" not in page(site, end).text
        assert "style=" not in page(site, end).text


@pytest.mark.parametrize("language", ["es", "de", "ar"])
def test_it_is_whole_in_every_language(site: Open, number: int, language: str) -> None:
    site.place(number)
    shown = page(site, f"?language={language}")
    assert f'<html lang="{language}"' in shown.text
    assert "Every timepoint and every arm" not in shown.text
    assert "Accept-Language" in shown.headers["Vary"]
    assert shown.headers["ETag"] != page(site).headers["ETag"]


def test_the_signed_data_verify_and_fail_when_one_digit_is_changed(site: Open, number: int) -> None:
    site.place(number)
    file, key = page(site, ".json").data, page(site, "/key").data
    assert verify(file, key)["claims"][0]["number"] == number
    digits = [
        match.start()
        for match in re.finditer(rb"\d", file[: file.index(b'"signed"')] + file[file.index(b'"signed"') :])
    ]
    for at in digits[:: max(1, len(digits) // 60)]:
        changed = file[:at] + (b"1" if file[at : at + 1] != b"1" else b"2") + file[at + 1 :]
        with pytest.raises((AlteredError, VerifyError)):
            verify(changed, key)


def test_what_is_no_signed_file_is_told_in_a_sentence(site: Open, number: int, tmp_path: Any, capsys: Any) -> None:
    site.place(number)
    file, key = tmp_path / "page.json", tmp_path / "key.pem"
    key.write_bytes(page(site, "/key").data)
    for content, code in ((page(site, ".json").data, 0), (b"[]", 2), (b"\xff", 2), (b'{"signed":{},"signed":{}}', 2)):
        file.write_bytes(content)
        assert run(file, key) == code
    file.write_bytes(page(site, ".json").data.replace(b'"k": 26', b'"k": 27'))
    assert run(file, key) == 1
    assert "changed after signing" in capsys.readouterr().err
    key.write_bytes(b"no key")
    assert run(file, key) == 2


def test_a_former_key_stays_known_and_another_does_not_verify(site: Open, number: int) -> None:
    from surveys.outcomes.public import keys  # noqa: PLC0415

    site.place(number)
    old = page(site, ".json").data
    former = json.loads(old)["signature"]["key"]
    with site.session() as session:
        vault, admin = site.app.extensions["vault"], person(session, site.clinic, "admin")
        keys.replace_key(session, site.clinic.id, vault, actor=admin, now=app_now(session))
    with pytest.raises(AlteredError):
        verify(old, page(site, "/key").data)
    assert verify(old, page(site, f"/key?id={former}").data)
    assert verify(page(site, ".json").data, page(site, "/key").data)
    assert site.anybody.get(f"/public/{site.slug}/key?id=unknown").status_code == 404


def test_a_stale_claim_is_being_revised_without_a_number(site: Open) -> None:
    number = site.publish()
    with site.claim(number) as claim:
        claim.stale_at, claim.stale_changes = claim.made_at, [{"patient": 1}]
    shown = page(site).text
    assert "Being revised" in shown
    assert "26/39" not in shown
    assert "/39" not in page(site, ".json").text
    assert set(alone(site, number)) == {"number", "kind", "title", "state"}


@pytest.mark.parametrize("end", ["expires_at", "withdrawn_at", "signature"])
def test_what_no_longer_stands_is_not_shown(site: Open, end: str) -> None:
    number = site.publish()
    with site.claim(number) as claim:
        if end == "expires_at":
            claim.made_at, claim.expires_at = claim.made_at - timedelta(days=400), claim.made_at - timedelta(days=1)
        elif end == "withdrawn_at":
            claim.withdrawn_at, claim.withdrawal_reason = claim.made_at, "a slip"
        else:
            claim.result_hash = "0" * 64  # what people signed is not what stands there
    assert claims(site) == []
    assert "26/39" not in page(site).text


def test_the_data_are_as_documented(site: Open, number: int, web_server: str) -> None:
    document = Path(__file__).resolve().parents[3] / "docs" / "openapi.yaml"
    twin = schemathesis.openapi.from_path(document)["/public/{slug}.json"]["GET"]
    for stale in (True, False):
        with site.claim(number) as claim:
            claim.stale_at, claim.stale_changes = (claim.made_at, [{"patient": 1}]) if stale else (None, None)
        site.place(number)
        twin.Case(path_parameters={"slug": site.slug}).call_and_validate(base_url=web_server)


@contextmanager
def refused(site: Open, arm: str, kept: int) -> Iterator[None]:
    """All but so many patients of an arm take back that they may be counted, for as long as the block lasts."""
    with site.session() as session:
        chosen = select(Consent).join(Episode, Episode.patient_id == Consent.patient_id)
        chosen = chosen.where(Consent.kind == "public_aggregates", Episode.arm == arm).order_by(Consent.id)
        taken = session.scalars(chosen).all()[kept:]
        for consent in taken:
            consent.withdrawn_at = app_now(session)
    try:
        yield
    finally:
        with site.session() as session:
            for consent in session.scalars(select(Consent).where(Consent.id.in_([each.id for each in taken]))):
                consent.withdrawn_at = None


def of_arm(claim: dict[str, Any], arm: str) -> list[dict[str, Any]]:
    return [each for each in claim["figures"] if arm in each["arm"].lower()]


def test_who_takes_the_permission_back_is_gone_from_the_page_at_once(site: Open, number: int) -> None:
    """Nothing has compared the statement since: one of its patients is enough."""
    before = alone(site, number)
    assert before["figures"]
    with refused(site, "bmc", kept=-1):
        (claim,) = claims(site)
        assert claim["state"] == "being_revised"
        assert "figures" not in claim
    assert claims(site) == [before]


def test_only_patients_who_allowed_it_are_counted(site: Open) -> None:
    with refused(site, "bmc", kept=15):
        claim = alone(site, site.publish())
    last = [each["n"] for each in claim["figures"] if each["timepoint"].startswith("12")]
    assert 10 <= min(last) <= 15
    assert max(last) == 39


def test_an_arm_of_fewer_than_ten_is_hidden_with_the_sentences_that_speak_of_it(site: Open) -> None:
    with refused(site, "bmc", kept=9):
        claim = alone(site, site.publish())
    assert (claim["statement"], claim["harms"]) == (None, None)
    assert claim["cohort"] in claim["title"]  # whom it is of is never hidden
    assert len(claim["completeness"]) == 1
    assert sum("hidden" in each for each in claim["figures"]) == 4
    assert all(each["n"] >= 10 for each in claim["figures"] if "hidden" not in each)
    assert "hidden: fewer than 10 patients" in page(site).text
    assert "Bone marrow concentrate:" not in page(site).text  # nor is it drawn
    assert "Conventional care: 3/39" in page(site).text


def test_two_statements_do_not_tell_their_difference(site: Open) -> None:
    first = site.publish()
    with refused(site, "bmc", kept=37):
        second = site.publish()
    site.place(first, second)
    shown = claims(site)
    hidden = [[sum("hidden" in each for each in of_arm(claim, arm)) for claim in shown] for arm in ("bone", "conv")]
    assert [sum(both) for both in hidden] == [4, 0]  # one of the two, at every timepoint, in the arm that differs
    assert sum(claim["harms"] is None for claim in shown) == 1
    assert sum(claim["statement"] is None for claim in shown) == 1


def test_what_may_not_stand_there_is_refused(site: Open) -> None:
    with pytest.raises(PublishingError, match="did not allow"):
        site.publish(public=False)
    with pytest.raises(PublishingError, match="Two people"):
        site.publish(signers=1)
    with site.session() as session:
        report = session.scalars(select(Claim).order_by(Claim.number.desc()).limit(1)).one()
        report.kind, number = "case_report", report.number
    with pytest.raises(PublishingError, match="one person"):
        site.place(number)


def test_a_closed_page_and_none_at_all_look_alike(site: Open, number: int) -> None:
    site.place(number)
    with site.session() as session:
        admin, now = person(session, site.clinic, "admin"), app_now(session)
        vault = site.app.extensions["vault"]
        set_page(session, site.clinic.id, site.slug, vault, opened=False, actor=admin, now=now)
    closed = [site.anybody.get(f"/public/{site.slug}{end}") for end in ("", "/embed", ".json", "/key")]
    with site.session() as session:
        set_page(session, site.clinic.id, site.slug, vault, opened=True, actor=admin, now=now)
    none = site.anybody.get("/public/nobody-here")
    assert {reply.status_code for reply in (*closed, none)} == {404}
    assert closed[0].text == none.text
    assert none.headers["Cache-Control"] == "no-store"
    assert page(site).status_code == 200


def test_a_clinic_makes_its_own_claims_of_kinds_without_figures(site: Open) -> None:
    with site.session() as session:
        now = app_now(session)
        claim = made(session, site.clinic, "battery_means", now=now, rule="", scales=("odi",), public=True)
        assert json.loads(claim.result)["figures"] == []


def _without(claim: Claim, changes: dict[str, str], *, few: int, drop: bool) -> Claim:
    """A claim like another whose first treated patients are changed so, or left out; never stored."""
    read, kept = read_specification(claim.specification), read_rows(claim.rows)
    for key in [key for key, row in kept.items() if row["arm"] == "bmc"][:few]:
        if drop:
            del kept[key]
        else:
            kept[key] |= {name: value for name, value in changes.items() if name in kept[key]}
    rows = write_rows(header(read), list(kept.values()))
    told = {"specification": claim.specification, "rows": rows, "result": compute(claim.specification, rows)}
    return Claim(id=uuid7(), kind=claim.kind, number=1 + drop, public_position=1 + drop, **told)


@pytest.mark.parametrize("kind", ["surgery_avoided", "complications"])
def test_three_patients_more_in_one_statement_are_not_told(site: Open, kind: str) -> None:
    operated = {"operated_days": "30", "form_days": ""} | {
        f"{at}.spine_operation": "" for at in ("m1", "m3", "m6", "m12")
    }
    with site.session() as session:
        claim = made(session, site.clinic, kind, now=app_now(session), rule="", public=True)
        both = [_without(claim, operated, few=3, drop=drop) for drop in (False, True)]
        alone = [cut([each])[0].whole for each in both]
        together = [each.whole for each in cut(both)]
    assert alone == [True, True]
    assert sorted(together) == [False, True]
