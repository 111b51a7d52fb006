"""Every table, imported in one place so that migrations and tests see all of them."""

from surveys.models.alert import Alert, AlertSettings
from surveys.models.audit import AuditCheck, AuditEvent, AuditLink, AuditSeal
from surveys.models.clinic import Clinic, ClinicHoliday, DomainClock, LoginAttempt, Staff, StaffSession
from surveys.models.episode import Ending, Endpoint, Episode, ProtocolVersion, Treatment, Visit
from surveys.models.goal import Goal, GoalRating
from surveys.models.job import Job, JobPart
from surveys.models.keys import PatientKey
from surveys.models.message import (
    Message,
    PatientLink,
    PatientSession,
    RelayBucket,
    StaffTask,
    StaffTaskLog,
    SuppressedPhone,
    Suppression,
)
from surveys.models.operation import Operation
from surveys.models.opioid_dose import OpioidDose
from surveys.models.outcome_change import OutcomeChange
from surveys.models.people import Consent, Patient
from surveys.models.privacy import Erasure, Merge, RetentionDecision
from surveys.models.publishing import PublicPage, SigningKey
from surveys.models.registry import RegistryGrant
from surveys.models.response import Answer, Response, Score
from surveys.models.screen_use import ScreenUse
from surveys.models.staff import PendingSignIn, RecoveryCode, StaffFactor, StaffIdentity, StaffLink, StaffMail
from surveys.models.statements import (
    AnalysisPlan,
    Claim,
    ClaimEpisode,
    ClaimSignature,
    RetiredCohort,
    SavedCohort,
)

__all__ = [
    "Alert",
    "AlertSettings",
    "AnalysisPlan",
    "Answer",
    "AuditCheck",
    "AuditEvent",
    "AuditLink",
    "AuditSeal",
    "Claim",
    "ClaimEpisode",
    "ClaimSignature",
    "Clinic",
    "ClinicHoliday",
    "Consent",
    "DomainClock",
    "Ending",
    "Endpoint",
    "Episode",
    "Erasure",
    "Goal",
    "GoalRating",
    "Job",
    "JobPart",
    "LoginAttempt",
    "Merge",
    "Message",
    "Operation",
    "OpioidDose",
    "OutcomeChange",
    "Patient",
    "PatientKey",
    "PatientLink",
    "PatientSession",
    "PendingSignIn",
    "ProtocolVersion",
    "PublicPage",
    "RecoveryCode",
    "RegistryGrant",
    "RelayBucket",
    "Response",
    "RetentionDecision",
    "RetiredCohort",
    "SavedCohort",
    "Score",
    "ScreenUse",
    "SigningKey",
    "Staff",
    "StaffFactor",
    "StaffIdentity",
    "StaffLink",
    "StaffMail",
    "StaffSession",
    "StaffTask",
    "StaffTaskLog",
    "SuppressedPhone",
    "Suppression",
    "Treatment",
    "Visit",
]
