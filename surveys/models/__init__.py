"""Every table, imported in one place so that migrations and tests see all of them."""

from surveys.models.audit import AuditCheck, AuditEvent, AuditLink, AuditSeal
from surveys.models.clinic import Clinic, ClinicHoliday, DomainClock, LoginAttempt, Staff, StaffSession
from surveys.models.episode import Ending, Endpoint, Episode, ProtocolVersion, Treatment, Visit
from surveys.models.keys import PatientKey
from surveys.models.message import (
    Job,
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
from surveys.models.people import Consent, Patient
from surveys.models.privacy import Erasure, Merge, RetentionDecision
from surveys.models.registry import RegistryGrant
from surveys.models.response import Answer, Response, Score
from surveys.models.screen_use import ScreenUse
from surveys.models.staff import PendingSignIn, RecoveryCode, StaffFactor, StaffIdentity, StaffLink, StaffMail

__all__ = [
    "Answer",
    "AuditCheck",
    "AuditEvent",
    "AuditLink",
    "AuditSeal",
    "Clinic",
    "ClinicHoliday",
    "Consent",
    "DomainClock",
    "Ending",
    "Endpoint",
    "Episode",
    "Erasure",
    "Job",
    "LoginAttempt",
    "Merge",
    "Message",
    "Operation",
    "Patient",
    "PatientKey",
    "PatientLink",
    "PatientSession",
    "PendingSignIn",
    "ProtocolVersion",
    "RecoveryCode",
    "RegistryGrant",
    "RelayBucket",
    "Response",
    "RetentionDecision",
    "Score",
    "ScreenUse",
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
