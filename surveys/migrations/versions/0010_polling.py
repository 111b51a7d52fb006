"""Polling: the clinics with something due are found by a look at the head of each clinic's indexes."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SIGNATURE = (
    "CREATE OR REPLACE FUNCTION clinics_due(at timestamptz) RETURNS TABLE (clinic_id uuid, oldest_due timestamptz)"
)
RIGHTS = "STABLE SECURITY DEFINER SET search_path = public, pg_temp"
# plpgsql keeps its plans for the session, where a function in SQL is planned with each call before PostgreSQL 18; so is an
# index by clinic read from end to end where no clinic is named. The first by an index is asked for with ORDER BY and LIMIT:
# an EXISTS may be answered by reading a table in which nothing is due from end to end.
# Mail to staff is due by the real clock; its age is told on the caller's, which may be shifted in the demo.
BY_CLINIC = f"""
{SIGNATURE} LANGUAGE plpgsql {RIGHTS} AS $$
BEGIN
    RETURN QUERY
    SELECT found.id, least(found.planned, found.begun, least(found.mail, found.mail_begun) + (at - clock_timestamp()))
    FROM (
        SELECT c.id,
            (SELECT m.due_at FROM message m WHERE m.clinic_id = c.id AND m.state = 'planned' AND m.due_at <= at
                ORDER BY m.due_at LIMIT 1) AS planned,
            (SELECT min(m.due_at) FROM message m
                WHERE m.clinic_id = c.id AND m.state IN ('claimed', 'sending')) AS begun,
            (SELECT s.due_at FROM staff_mail s WHERE s.clinic_id = c.id AND s.state = 'planned'
                AND s.due_at <= clock_timestamp() ORDER BY s.due_at LIMIT 1) AS mail,
            (SELECT min(s.due_at) FROM staff_mail s
                WHERE s.clinic_id = c.id AND s.state IN ('claimed', 'sending')) AS mail_begun,
            (SELECT v.closes_at FROM visit v WHERE v.clinic_id = c.id AND v.closed_at IS NULL AND v.closes_at <= at
                ORDER BY v.closes_at LIMIT 1) AS closing,
            (SELECT j.id FROM job j WHERE j.clinic_id = c.id AND j.state = 'waiting' LIMIT 1) AS job
        FROM clinic c
    ) found
    WHERE found.planned IS NOT NULL OR found.begun IS NOT NULL OR found.mail IS NOT NULL
        OR found.mail_begun IS NOT NULL OR found.closing IS NOT NULL OR found.job IS NOT NULL;
END $$
"""
BY_ROW = f"""
{SIGNATURE} LANGUAGE sql {RIGHTS} AS $$
    SELECT d.clinic_id, min(d.due) FROM (
        SELECT m.clinic_id, m.due_at AS due FROM message m WHERE m.state = 'planned' AND m.due_at <= at
        UNION ALL SELECT m.clinic_id, m.due_at FROM message m WHERE m.state IN ('claimed', 'sending')
        UNION ALL SELECT v.clinic_id, NULL FROM visit v WHERE v.closed_at IS NULL AND v.closes_at <= at
        UNION ALL SELECT j.clinic_id, NULL FROM job j WHERE j.state = 'waiting'
        UNION ALL SELECT s.clinic_id, s.due_at + (at - clock_timestamp()) FROM staff_mail s
            WHERE s.state IN ('claimed', 'sending') OR (s.state = 'planned' AND s.due_at <= clock_timestamp())
    ) d GROUP BY d.clinic_id
$$
"""


def upgrade() -> None:
    with op.get_context().autocommit_block():  # 0009 checks only what is new
        op.execute("ALTER TABLE message VALIDATE CONSTRAINT ck_message_cancelled_has_a_cause")
    op.execute(BY_CLINIC)


def downgrade() -> None:
    op.execute(BY_ROW)
