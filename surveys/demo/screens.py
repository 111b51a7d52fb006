"""How the demo's patients used their screens: made up in one statement for all answers of a clinic that have none.

Nobody can take it for real: the version that stands beside each answer is ``demo``.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from scoring.instrument import load_instruments
from surveys.answering.screen_use import layout_of

VERSION = "demo"
OWN = ("self", "self_with_help", "proxy", "tablet")  # modes in which the patient's side has screens
# Each visit has a device of its own, read off the visit's id; fingers slip more often on lower rows, and each screen
# takes some seconds, the longer the more is to be read.
USED = text(
    """WITH drawn (instrument, item, layout, seconds) AS (
        SELECT * FROM unnest(CAST(:instruments AS text[]), CAST(:items AS text[]), CAST(:layouts AS text[]),
            CAST(:seconds AS float8[]))),
    given AS (
        SELECT a.clinic_id, a.id, a.answered_at, a.level, r.language, r.wording_hash, d.layout, d.seconds,
            abs(hashtext(r.visit_id::text)) % 20 AS device, random() AS chance, random() AS pace, random() AS slip
        FROM answer a JOIN response r ON r.clinic_id = a.clinic_id AND r.id = a.response_id
        JOIN drawn d ON d.instrument = r.instrument AND d.item = a.item
        WHERE a.author_id IS NULL AND a.mode = ANY(:modes)
            AND NOT EXISTS (SELECT FROM screen_use u WHERE u.clinic_id = a.clinic_id AND u.answer_id = a.id)),
    seen AS (
        SELECT g.*, device < 2 AS plain, device > 16 AND device <> 18 AS desk,
            CASE WHEN device IN (17, 19) THEN 1280 WHEN device = 18 THEN 820
                WHEN device < 8 THEN 360 ELSE 390 END AS wide,
            CASE WHEN layout LIKE 'scale%' THEN 44 WHEN layout LIKE 'rows%' THEN 56 END AS tall,
            slip < CASE WHEN layout LIKE 'scale%' THEN 0.05 ELSE 0.02 END AS slipped,
            (1000 * seconds * exp(0.9 * (pace + chance - 1)))::integer AS took
        FROM given g)
    INSERT INTO screen_use (clinic_id, answer_id, recorded_at, language, wording_hash, layout, app_version,
        first_input_ms, confirmed_ms, changes, slips, backs, viewport_width, viewport_height, row_height, text_size,
        orientation, pointer, input_path, translated, queued)
    SELECT clinic_id, id, answered_at, language, wording_hash, layout, :version,
        CASE WHEN NOT plain THEN (took * 0.7)::integer END, took,
        CASE WHEN NOT plain THEN (slipped OR chance < 0.06)::integer END,
        CASE WHEN NOT plain THEN (slipped AND tall IS NOT NULL AND NOT desk)::integer END,
        CASE WHEN NOT plain THEN (chance > 0.97)::integer END,
        CASE WHEN NOT plain THEN wide END,
        CASE WHEN NOT plain THEN CASE wide WHEN 1280 THEN 720 WHEN 820 THEN 1180 WHEN 390 THEN 664 ELSE 612 END END,
        CASE WHEN NOT plain THEN tall END,
        CASE WHEN NOT plain THEN CASE WHEN device = 5 THEN 125 ELSE 100 END END,
        CASE WHEN NOT plain THEN CASE WHEN desk THEN 'landscape' ELSE 'portrait' END END,
        CASE WHEN NOT plain THEN CASE WHEN desk THEN 'mouse' ELSE 'touch' END END,
        CASE WHEN NOT plain AND tall IS NULL AND level IS NOT NULL THEN
            CASE WHEN layout NOT LIKE 'vas%' OR pace < 0.3 THEN 'typed'
                WHEN pace < 0.8 THEN 'tapped' ELSE 'stepped' END END,
        CASE WHEN NOT plain THEN device = 9 AND language <> 'en' END,
        NOT plain AND device = 11 AND chance < 0.3
    FROM seen ON CONFLICT DO NOTHING"""
)


def use_screens(session: Session) -> int:
    """Give every answer of the bound clinic that a patient gave, and that has no screen, one; returns how many."""
    items = [(code, item) for code, each in load_instruments().items() for item in each.items]
    layouts = [layout_of(item) for _code, item in items]
    values = {
        "instruments": [code for code, _item in items],
        "items": [item.code for _code, item in items],
        "layouts": layouts,
        "seconds": [9.0 if layout.startswith("vas") else 5.0 + 2.0 * (at % 3) for at, layout in enumerate(layouts)],
        "modes": list(OWN),
        "version": VERSION,
    }
    return int(session.connection().execute(USED, values).rowcount)
