"""What is read for one batch of episodes.

``%(ids)s``: the batch, in its order; ``%(salt)s``: the clinic's secret, from which pseudonyms are made, since the time
of enrolment stands in an id. A day is a date where the patient lives.

Results and visits have the most rows: they come as whole columns, each number as the database keeps it, each text as a
label of the few there are (``arrays``); ``%(none)s`` stands for a number that is missing. The array of ids is put in as
a value that the planner does not look into, so every batch has the plan that serves a few keys, whatever is believed of
the tables' sizes.
"""

from __future__ import annotations

RESPONSES = """WITH chosen AS MATERIALIZED (
    SELECT x.place - 1 AS place, e.clinic_id, e.id, p.time_zone, (SELECT timezone(p.time_zone,
            (min(t.on_date) + 1)::timestamp) FROM treatment t WHERE t.clinic_id = e.clinic_id AND t.episode_id = e.id
            AND t.state = 'done') AS treated_by
    FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS x(id, place) JOIN episode e ON e.id = x.id
    JOIN patient p ON p.clinic_id = e.clinic_id AND p.id = e.patient_id)
SELECT array_send(array_agg(c.place)) AS place, array_send(array_agg(r.id)) AS id,
    array_send(array_agg(timezone(c.time_zone, m.at)::date)) AS answered_on,
    array_send(array_agg(r.finality = 'unsent' OR m.at < v.closes_at)) AS in_window,
    array_send(array_agg(coalesce(m.at <= c.treated_by, true))) AS before_treatment,
    string_agg(v.timepoint || E'\\x1f' || r.instrument || E'\\x1f' || r.mode || E'\\x1f' || r.finality || E'\\x1f'
        || r.language, E'\\x1e') AS label
FROM chosen c
JOIN visit v ON v.clinic_id = c.clinic_id AND v.episode_id = c.id
    AND (%(timepoint)s::text IS NULL OR v.timepoint = %(timepoint)s)
JOIN response r ON r.clinic_id = v.clinic_id AND r.visit_id = v.id AND r.finalised_at IS NOT NULL
    AND (%(mode)s::text IS NULL OR r.mode = %(mode)s)
CROSS JOIN LATERAL (SELECT CASE r.finality WHEN 'unsent' THEN v.closes_at ELSE r.finalised_at END AS at) m"""

SCORES = """SELECT array_send(array_agg(s.response_id)) AS response_id,
    array_send(array_agg(coalesce(s.value, 'NaN'))) AS value,
    array_send(array_agg(coalesce(s.n_answered, %(none)s))) AS answered_items,
    array_send(array_agg(s.amendment)) AS amendment, array_send(array_agg(s.scored_at)) AS scored_at,
    string_agg(E'score\\x1f' || s.scale || E'\\x1f' || coalesce(s.value_set_id, '') || CASE WHEN s.value IS NULL
        THEN E'\\x1fnone\\x1f' ELSE E'\\x1fscored\\x1f' END || s.rule_version, E'\\x1e') AS label
FROM score s WHERE s.response_id = ANY((SELECT %(ids)s::uuid[])::uuid[])"""

ANSWERS = """SELECT array_send(array_agg(a.response_id)) AS response_id,
    array_send(array_agg(coalesce(a.level, %(none)s))) AS value,
    array_send(array_agg((a.reason IS NOT NULL)::int)) AS amendment, array_send(array_agg(a.id)) AS id,
    string_agg(E'answer\\x1f' || a.item || E'\\x1f\\x1f' || a.status || E'\\x1f', E'\\x1e') AS label
FROM answer a WHERE a.response_id = ANY((SELECT %(ids)s::uuid[])::uuid[])"""

VISITS = """WITH chosen AS MATERIALIZED (SELECT x.place - 1 AS place, e.clinic_id, e.id, e.index_date, p.time_zone
    FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS x(id, place) JOIN episode e ON e.id = x.id
    JOIN patient p ON p.clinic_id = e.clinic_id AND p.id = e.patient_id)
SELECT array_send(array_agg(c.place)) AS place,
    array_send(array_agg(coalesce(v.due_on - c.index_date, %(none)s))) AS due_day,
    array_send(array_agg(coalesce(timezone(c.time_zone, v.closes_at)::date - c.index_date, %(none)s))) AS closes_day,
    array_send(array_agg(coalesce(timezone(c.time_zone, v.submitted_at)::date - c.index_date, %(none)s)))
        AS submitted_day,
    array_send(array_agg(v.closes_at <= %(now)s)) AS window_over,
    array_send(array_agg(coalesce(v.submitted_at < v.closes_at, false))) AS in_window,
    array_send(array_agg(v.cancelled_at IS NOT NULL)) AS cancelled, string_agg(v.timepoint, E'\\x1e') AS label
FROM chosen c JOIN visit v ON v.clinic_id = c.clinic_id AND v.episode_id = c.id
    AND (%(timepoint)s::text IS NULL OR v.timepoint = %(timepoint)s)"""

EPISODES = """WITH chosen AS MATERIALIZED (
    SELECT x.place, e.clinic_id, e.id, e.arm, e.index_date, e.enrolled_on, e.age, e.bmi, e.opioid_use, e.smoking,
        e.diagnosis, e.pain_generator, e.clinician_id, e.protocol_id, p.id AS patient_id, p.number, p.sex, p.birth_year,
        p.time_zone, p.chart_number_enc,
        left(encode(sha256(%(salt)s::bytea || uuid_send(p.id)), 'hex'), 16) AS patient,
        left(encode(sha256(%(salt)s::bytea || uuid_send(e.id)), 'hex'), 16) AS episode
    FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS x(id, place) JOIN episode e ON e.id = x.id
    JOIN patient p ON p.clinic_id = e.clinic_id AND p.id = e.patient_id),
whole AS (SELECT c.place, c.patient, c.episode, c.number AS patient_number,
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
