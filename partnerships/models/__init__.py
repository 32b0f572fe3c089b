from partnerships.models.assessment import (
    Assessment,
    AssessmentDecision,
    AssessmentLevel,
    Evidence,
    Experience,
    ExperienceLevel,
)
from partnerships.models.evidence_base import Activity, Contribution, Document
from partnerships.models.partnership import Partnership, PartnershipParty
from partnerships.models.practice import Practice
from partnerships.models.scale import Criterion, Level, Scale
from partnerships.models.table import CoordinationTable, Meeting, Seat

__all__ = [
    "Activity",
    "Assessment",
    "AssessmentDecision",
    "AssessmentLevel",
    "Contribution",
    "CoordinationTable",
    "Criterion",
    "Document",
    "Evidence",
    "Experience",
    "ExperienceLevel",
    "Level",
    "Meeting",
    "Partnership",
    "PartnershipParty",
    "Practice",
    "Scale",
    "Seat",
]
