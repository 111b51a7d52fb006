"""What is read for one batch of episodes; every column of a sheet is made here, by the database.

Each is what follows ``CHOSEN``, and ends in ``whole``.

``%(ids)s``: the batch; ``%(salt)s``: the clinic's secret, from which pseudonyms are made, since the time of
enrolment stands in an id. A day is a date where the patient lives.
"""

from __future__ import annotations

CHOSEN = """WITH chosen AS MATERIALIZED (
    SELECT e.clinic_id, e.id, e.arm, e.index_date, e.enrolled_on, e.age, e.bmi, e.opioid_use, e.smoking, e.diagnosis,
        e.pain_generator, e.clinician_id, e.protocol_id, p.id AS patient_id, p.number, p.sex, p.birth_year,
        p.time_zone, p.chart_number_enc,
        left(encode(sha256(%(salt)s || uuid_send(p.id)), 'hex'), 16) AS patient,
        left(encode(sha256(%(salt)s || uuid_send(e.id)), 'hex'), 16) AS episode
    FROM episode e JOIN patient p ON p.clinic_id = e.clinic_id AND p.id = e.patient_id
    WHERE e.id = ANY(%(ids)s)),"""

RESULTS = """final AS MATERIALIZED (
    SELECT c.patient, c.episode, c.number, c.arm, c.index_date, c.enrolled_on, c.time_zone, c.clinic_id, v.timepoint,
        r.id, r.instrument, r.mode, r.finality, r.language,
        timezone(c.time_zone, CASE r.finality WHEN 'unsent' THEN v.closes_at ELSE r.finalised_at END)::date AS on_date,
        (r.finality = 'unsent' OR r.finalised_at < v.closes_at)::int AS in_window,
        (t.on_date IS NULL OR CASE r.finality WHEN 'unsent' THEN v.closes_at ELSE r.finalised_at END
            <= timezone(c.time_zone, (t.on_date + 1)::timestamp))::int AS before_treatment
    FROM chosen c
    JOIN visit v ON v.clinic_id = c.clinic_id AND v.episode_id = c.id
        AND (%(timepoint)s::text IS NULL OR v.timepoint = %(timepoint)s)
    JOIN response r ON r.clinic_id = v.clinic_id AND r.visit_id = v.id AND r.finalised_at IS NOT NULL
        AND (%(mode)s::text IS NULL OR r.mode = %(mode)s)
    LEFT JOIN LATERAL (SELECT min(x.on_date) AS on_date FROM treatment x WHERE x.clinic_id = c.clinic_id
        AND x.episode_id = c.id AND x.state = 'done') t ON true), found AS (
    (SELECT DISTINCT ON (f.id, s.scale, s.value_set_id) f.*, 'score' AS kind, s.scale AS code,
        s.value_set_id AS value_set, s.value, s.n_answered,
        CASE WHEN s.value IS NULL THEN 'none' ELSE 'scored' END AS status, s.amendment, s.rule_version
    FROM final f JOIN score s ON s.clinic_id = f.clinic_id AND s.response_id = f.id
    ORDER BY f.id, s.scale, s.value_set_id, s.amendment DESC, s.scored_at DESC)
    UNION ALL
    (SELECT DISTINCT ON (f.id, a.item) f.*, 'answer', a.item, NULL, a.level, NULL::int, a.status,
        (a.reason IS NOT NULL)::int, NULL
    FROM final f JOIN answer a ON a.clinic_id = f.clinic_id AND a.response_id = f.id
    WHERE %(answers)s ORDER BY f.id, a.item, a.id DESC)), whole AS (
SELECT d.patient, d.episode, d.number AS patient_number, d.arm, d.timepoint, d.on_date - d.index_date AS day,
    d.on_date - d.enrolled_on AS day_since_enrolment, d.on_date AS answered_on, d.instrument, d.kind, d.code,
    d.value_set, d.value, d.n_answered AS answered_items, d.status, d.mode, d.in_window, d.before_treatment,
    d.finality, d.amendment, d.rule_version, d.language
FROM found d WHERE d.status <> 'cleared')"""

VISITS = """whole AS (
SELECT c.patient, c.episode, c.number AS patient_number, c.arm, v.timepoint, v.due_on - c.index_date AS due_day,
    timezone(c.time_zone, v.closes_at)::date - c.index_date AS closes_day,
    timezone(c.time_zone, v.submitted_at)::date - c.index_date AS submitted_day,
    (v.closes_at <= %(now)s)::int AS window_over, coalesce(v.submitted_at < v.closes_at, false)::int AS in_window,
    (v.cancelled_at IS NOT NULL)::int AS cancelled
FROM chosen c JOIN visit v ON v.clinic_id = c.clinic_id AND v.episode_id = c.id
    AND (%(timepoint)s::text IS NULL OR v.timepoint = %(timepoint)s))"""

EPISODES = """whole AS (
SELECT c.patient, c.episode, c.number AS patient_number,
    CASE WHEN %(identified)s THEN c.patient_id::text || ' ' || encode(c.chart_number_enc, 'hex') END AS chart_number,
    c.birth_year, c.enrolled_on, c.index_date,
    (SELECT s.name FROM staff s WHERE s.clinic_id = c.clinic_id AND s.id = c.clinician_id) AS clinician,
    (SELECT w.version FROM protocol_version w WHERE w.clinic_id = c.clinic_id AND w.id = c.protocol_id)
        AS protocol_version,
    c.arm, c.diagnosis, c.pain_generator, c.sex,
    CASE WHEN c.age > 89 AND NOT %(identified)s THEN 90 ELSE c.age END AS age, c.bmi, c.opioid_use::int AS opioid_use,
    c.smoking::int AS smoking, c.enrolled_on - c.index_date AS enrolled_day,
    (SELECT count(*) FROM treatment x WHERE x.clinic_id = c.clinic_id AND x.episode_id = c.id AND x.state = 'done')
        AS treatments, t.product, t.total_nucleated_cells AS nucleated_cells,
    died.on_date - c.index_date AS died_day, gone.on_date - c.index_date AS left_day,
    cut.on_date - c.index_date AS surgery_day
FROM chosen c
LEFT JOIN LATERAL (SELECT x.product, x.total_nucleated_cells FROM treatment x WHERE x.clinic_id = c.clinic_id
    AND x.episode_id = c.id AND x.state = 'done' ORDER BY x.on_date, x.id LIMIT 1) t ON true
LEFT JOIN LATERAL (SELECT min(n.on_date) AS on_date FROM ending n WHERE n.clinic_id = c.clinic_id
    AND n.episode_id = c.id AND n.revoked_at IS NULL AND n.kind = 'died') died ON true
LEFT JOIN LATERAL (SELECT min(n.on_date) AS on_date FROM ending n WHERE n.clinic_id = c.clinic_id
    AND n.episode_id = c.id AND n.revoked_at IS NULL
    AND n.kind IN ('consent_withdrawn', 'follow_up_stopped', 'lost')) gone ON true
LEFT JOIN LATERAL (SELECT min(n.on_date) AS on_date FROM endpoint n WHERE n.clinic_id = c.clinic_id
    AND n.episode_id = c.id AND n.kind = 'surgery') cut ON true)"""
STATEMENTS = {"results": RESULTS, "visits": VISITS, "episodes": EPISODES}
