from partnerships.views.assessment import (
    AssessmentCreate,
    AssessmentDetail,
    AssessmentDiscard,
    AssessmentEvidence,
    ExperienceGive,
)
from partnerships.views.organisation import IsolatedOrganisations, OrganisationPartnerships
from partnerships.views.partnership import (
    PartnershipAnswer,
    PartnershipCreate,
    PartnershipDelete,
    PartnershipDetail,
    PartnershipEdit,
    PartnershipEnd,
    PartnershipList,
    PartnershipPropose,
)
from partnerships.views.practice import PracticeCreate, PracticeDetail, PracticeLink, PracticeList
from partnerships.views.records import (
    ActivityCreate,
    ContributionCreate,
    DocumentCreate,
    DocumentDownload,
    RecordEdit,
    RecordRemove,
)
from partnerships.views.review import AssessmentQueue, AssessmentReview
from partnerships.views.table import MeetingCreate, MeetingEdit, SeatCreate, TableCreate, TableDetail, TableList

__all__ = [
    "ActivityCreate",
    "AssessmentCreate",
    "AssessmentDetail",
    "AssessmentDiscard",
    "AssessmentEvidence",
    "AssessmentQueue",
    "AssessmentReview",
    "ContributionCreate",
    "DocumentCreate",
    "DocumentDownload",
    "ExperienceGive",
    "IsolatedOrganisations",
    "MeetingCreate",
    "MeetingEdit",
    "OrganisationPartnerships",
    "PartnershipAnswer",
    "PartnershipCreate",
    "PartnershipDelete",
    "PartnershipDetail",
    "PartnershipEdit",
    "PartnershipEnd",
    "PartnershipList",
    "PartnershipPropose",
    "PracticeCreate",
    "PracticeDetail",
    "PracticeLink",
    "PracticeList",
    "RecordEdit",
    "RecordRemove",
    "SeatCreate",
    "TableCreate",
    "TableDetail",
    "TableList",
]
