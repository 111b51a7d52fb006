"""The answer path: what a patient's link opens as one view, and saving an answer as one statement."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APP = "backstory_app"

# Every join names the clinic too, as the index does: the plan stays right while nobody has analysed the tables.
SITTING = """
CREATE VIEW sitting WITH (security_invoker = true) AS
SELECT l.clinic_id, l.id AS link_id, v.id AS visit_id, v.episode_id, e.patient_id, p.language, v.timepoint, v.closes_at,
    clock.now,
    CASE WHEN v.submitted_at IS NOT NULL THEN 'sent'
         WHEN found.takes_answers AND l.revoked_at IS NULL THEN 'open'
         ELSE 'over' END AS state,
    found.takes_answers, pv.source_hash AS protocol_hash, c.name AS clinic_name, c.sender_name, c.phone
FROM patient_link l
JOIN visit v ON v.clinic_id = l.clinic_id AND v.id = l.visit_id
JOIN episode e ON e.clinic_id = v.clinic_id AND e.id = v.episode_id
JOIN patient p ON p.clinic_id = e.clinic_id AND p.id = e.patient_id
JOIN protocol_version pv ON pv.clinic_id = e.clinic_id AND pv.id = e.protocol_id
JOIN clinic c ON c.id = l.clinic_id
CROSS JOIN LATERAL (SELECT app_now() AS now OFFSET 0) clock
CROSS JOIN LATERAL (
    SELECT v.submitted_at IS NULL AND v.closed_at IS NULL AND v.cancelled_at IS NULL
        AND clock.now >= v.opens_at AND clock.now < v.closes_at
        AND NOT EXISTS (SELECT FROM ending x WHERE x.clinic_id = v.clinic_id AND x.episode_id = v.episode_id
            AND x.kind IN ('follow_up_stopped', 'consent_withdrawn', 'died') AND x.revoked_at IS NULL)
        AS takes_answers OFFSET 0) found
"""

# Planning this join takes ten times as long as running it: planned once per connection, in the order written.
ONCE = "SET plan_cache_mode = force_generic_plan SET join_collapse_limit = 1"
SITTING_OF = f"""
CREATE FUNCTION sitting_of(link uuid) RETURNS SETOF sitting LANGUAGE plpgsql STABLE ROWS 1 {ONCE} AS $$
BEGIN
    RETURN QUERY SELECT s.* FROM sitting s WHERE s.link_id = link;
END $$
"""

# One probe of the index per item asked for, however often its answer was changed.
NEWEST = """
CREATE FUNCTION newest_answers(clinic uuid, of_visit uuid, of_instrument text, items text[]) RETURNS jsonb
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
DECLARE held uuid;
BEGIN
    SELECT r.id INTO held FROM response r
        WHERE r.clinic_id = clinic AND r.visit_id = of_visit AND r.instrument = of_instrument;
    IF held IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT jsonb_object_agg(asked.item, jsonb_build_array(newest.id, newest.status, newest.level))
        FROM unnest(items) AS asked (item) CROSS JOIN LATERAL (
            SELECT a.id, a.status, a.level FROM answer a
            WHERE a.clinic_id = clinic AND a.response_id = held AND a.item = asked.item ORDER BY a.id DESC LIMIT 1) newest);
END $$
"""

# A retry carries the newest version's nonce, status and level. An id of a host whose clock is behind takes the
# newest one's time, plus a millisecond, before its own random part.
APPEND = """
CREATE FUNCTION append_answer(clinic uuid, of_response uuid, asked text, new_id uuid, new_status text, new_level integer,
    form_nonce uuid, seen uuid, by_mode text, author uuid, why text, at timestamptz) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE newest record;
BEGIN
    SELECT a.id, a.nonce, a.status, a.level INTO newest FROM answer a
        WHERE a.clinic_id = clinic AND a.response_id = of_response AND a.item = asked ORDER BY a.id DESC LIMIT 1;
    IF newest.nonce = form_nonce AND newest.status = new_status AND newest.level IS NOT DISTINCT FROM new_level THEN
        RETURN newest.id;
    END IF;
    IF newest.id >= new_id THEN
        new_id := (lpad(to_hex(('x' || substr(replace(newest.id::text, '-', ''), 1, 12))::bit(48)::bigint + 1), 12, '0')
            || substr(replace(new_id::text, '-', ''), 13))::uuid;
    END IF;
    INSERT INTO answer (clinic_id, id, response_id, item, status, level, nonce, based_on, mode, author_id, reason, answered_at)
        VALUES (clinic, new_id, of_response, asked, new_status, new_level, form_nonce, seen, by_mode, author, why, at);
    RETURN new_id;
END $$
"""

# Each statement of a volatile function sees what was committed before it began: the state and the newest answer are
# read after the lock was waited for, which one statement with common table expressions could not do.
SAVE = """
CREATE FUNCTION save_answer(clinic uuid, link uuid, of_visit uuid, until timestamptz, of_instrument text,
    shown_in text, shown_wording text, asked text, new_status text, new_level integer, form_nonce uuid, seen uuid,
    by_mode text, new_response uuid, new_id uuid, OUT outcome text, OUT protocol text, OUT planned_as text)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE held record; seat record;
BEGIN
    SELECT r.id, r.finalised_at INTO held FROM response r
        WHERE r.clinic_id = clinic AND r.visit_id = of_visit AND r.instrument = of_instrument FOR NO KEY UPDATE;
    IF held.id IS NULL THEN
        PERFORM FROM visit v WHERE v.clinic_id = clinic AND v.id = of_visit FOR SHARE;
    END IF;
    SELECT s.state, s.now, s.protocol_hash, s.timepoint INTO seat FROM sitting_of(link) s WHERE s.visit_id = of_visit;
    outcome := CASE WHEN seat.state IS NULL THEN 'unknown' WHEN seat.state = 'sent' OR held.finalised_at IS NOT NULL THEN 'sent'
        WHEN seat.state = 'open' AND seat.now < until THEN 'saved' ELSE 'over' END;
    protocol := seat.protocol_hash;
    planned_as := seat.timepoint;
    IF outcome <> 'saved' THEN
        RETURN;
    END IF;
    IF held.id IS NULL THEN
        INSERT INTO response (clinic_id, id, visit_id, instrument, mode, language, wording_hash, started_at)
            VALUES (clinic, new_response, of_visit, of_instrument, by_mode, shown_in, shown_wording, seat.now)
            ON CONFLICT DO NOTHING;
        SELECT r.id INTO held FROM response r
            WHERE r.clinic_id = clinic AND r.visit_id = of_visit AND r.instrument = of_instrument FOR NO KEY UPDATE;
    END IF;
    PERFORM append_answer(clinic, held.id, asked, new_id, new_status, new_level, form_nonce, seen, by_mode, NULL, NULL, seat.now);
END $$
"""


def upgrade() -> None:
    for statement in (SITTING, f"GRANT SELECT ON sitting TO {APP}", SITTING_OF, NEWEST, APPEND, SAVE):
        op.execute(statement)


def downgrade() -> None:
    for function in ("save_answer", "append_answer", "newest_answers", "sitting_of"):
        op.execute(f"DROP FUNCTION {function}")
    op.execute("DROP VIEW sitting")
